import { type Level, levelOf, type Proof, reaches } from '../../core/assurance.ts';
import type { FactorModule } from '../../core/factor.ts';
import type { Finding } from '../../core/finding.ts';
import type { Requirement, Rule } from '../../core/policy.ts';
import { decide } from '../../policy/index.ts';
import { good, notice, fault as wrong } from './told.ts';

const HOUR = 3_600_000;
/** NIST SP 800-63B-4 section 2.2.3: at AAL2 anew within 24 hours. */
const AAL2 = 24 * HOUR;

type Power = Pick<FactorModule, 'id' | 'kinds' | 'strength' | 'standing' | 'onlyIfNamed' | 'amr'>;

export interface PolicySubject {
  now: number;
  rules: readonly Rule[];
  /** Ids, the gateway's own that are in use among them. */
  applications: readonly string[];
  networks: readonly string[];
  /** Groups that rules or the help desk name. */
  groups: readonly string[];
  /** Those that are enabled. */
  factors: readonly Power[];
  /** Life of a remembered device, milliseconds. */
  remember: number;
}

/** Somebody in one group, or in none, on one network, or on none, who has set up whatever there is. */
export interface Somebody {
  group: string | undefined;
  network: string | undefined;
}

/** Policy that locks out, as far as it can be told from the configuration alone. */
export function lockouts(subject: PolicySubject): Finding[] {
  const everybody = [undefined, ...subject.groups].flatMap((group) =>
    [undefined, ...subject.networks].map((network): Somebody => ({ group, network })),
  );
  const found = [
    ...subject.applications.flatMap((application) => lockedApplication(subject, everybody, application)),
    ...subject.groups.flatMap((group) => lockedGroup(subject, everybody, group)),
    ...firstMethods(subject, everybody),
  ];
  return found.length === 0 ? [good(`every application can be reached, by people of every group`)] : found;
}

/** What is asked of somebody who has set up whatever there is. */
export function required(
  { rules, now, remember }: PolicySubject,
  application: string,
  { group, network }: Somebody,
): Requirement {
  const groups = group === undefined ? [] : [group];
  const account = { id: 'somebody', groups, createdAt: 0, enrolled: true };
  const networks = network === undefined ? [] : [network];
  return decide(rules, { now, application, account, networks }, { remember });
}

/** The highest that the enabled factors reach together, as far as a rule lets them in. */
export function highestOf(factors: readonly Power[], allowed: readonly string[] | undefined): Level | undefined {
  const proofs = factors.map(proofOf);
  const opens = proofs.filter(({ kinds }) => kinds.includes('knowledge') || kinds.length > 1);
  const second = factors.flatMap((factor, at) => {
    const named = allowed?.includes(factor.id) ?? false;
    const lasts = factor.standing === undefined;
    const takes = allowed === undefined ? factor.onlyIfNamed !== true : named;
    return lasts && takes && proofs[at] ? [proofs[at]] : [];
  });
  const firsts = opens.filter(
    ({ factor, kinds }) => kinds.includes('knowledge') || allowed?.includes(factor) !== false,
  );
  return firsts.length === 0 ? undefined : levelOf([...firsts, ...second]);
}

function proofOf({ id, kinds, amr, strength }: Power): Proof {
  const { phishingResistant = false, attested = false } = strength ?? {};
  return { factor: id, credential: id, kinds: [...kinds], amr: [...amr], phishingResistant, attested, at: 0 };
}

/** Why this requirement can't be met by anybody; undefined where it can. */
export function whyNot({ factors }: PolicySubject, requirement: Requirement): string | undefined {
  const { deny, level, factors: allowed } = requirement;
  const holds = requirement.reasons.filter(({ effect }) => effect !== 'not-yet' && effect !== 'grace');
  const rules = holds.filter(({ demands }) => demands.some((demand) => /^(deny|level|factors):/.test(demand)));
  const names = rules.map(({ rule }) => rule).join(', ');
  if (deny) return `denied by ${names}`;
  const most = highestOf(factors, allowed);
  if (reaches(most, level)) return undefined;
  const within =
    allowed === undefined ? 'the enabled factors' : `those factors that are let in (${allowed.join(', ')})`;
  return `${level} is asked for by ${names}, and ${within} reach ${most ?? 'nothing'}`;
}

function lockedApplication(subject: PolicySubject, everybody: readonly Somebody[], application: string): Finding[] {
  const reasons = everybody.map((somebody) => whyNot(subject, required(subject, application, somebody)));
  const todo =
    'Change that rule, or enable a factor that it can be met with: sallyport policy explain says which rules hold.';
  if (reasons.every((reason) => reason !== undefined)) {
    return [wrong(`nobody can sign in to ${application}: ${reasons[0]}`, todo)];
  }
  return [];
}

function lockedGroup(subject: PolicySubject, everybody: readonly Somebody[], group: string): Finding[] {
  const theirs = everybody.filter((somebody) => somebody.group === group);
  const open = subject.applications.some((application) =>
    theirs.some((somebody) => whyNot(subject, required(subject, application, somebody)) === undefined),
  );
  if (open) return [];
  return [
    notice(
      `people of the group ${group} can sign in nowhere`,
      'If that is meant, leave it; otherwise change the rules that name it.',
    ),
  ];
}

/** Whoever has no method yet needs a way to the first one. */
function firstMethods(subject: PolicySubject, everybody: readonly Somebody[]): Finding[] {
  if (subject.factors.some(({ standing }) => standing === 'bootstrap')) return [];
  const asking = subject.applications.flatMap((application) =>
    everybody.map((somebody) => required(subject, application, somebody)).filter(({ level }) => reaches(level, 'mfa')),
  );
  if (asking.length === 0 || asking.some(({ firstEnrolment }) => firstEnrolment)) return [];
  return [
    wrong(
      'nobody can set up a first method: no rule lets them in the middle of a sign-in, and no pass is enabled',
      'Enable the factor for passes, or set firstEnrolment: true somewhere.',
    ),
  ];
}

/** Windows that are wider than NIST SP 800-63B-4 has them for AAL2. Allowed, and for the institution to know. */
export function rememberedDevices(subject: Pick<PolicySubject, 'rules' | 'remember'>, session: number): Finding[] {
  const wide = subject.rules.flatMap(({ name, remember }) =>
    typeof remember === 'number' && Math.min(remember, subject.remember) > AAL2
      ? [
          notice(
            `the rule ${JSON.stringify(name)} lets a remembered browser stand for the second factor for ${lasting(Math.min(remember, subject.remember))}; NIST SP 800-63B-4 wants both anew within 24 h at AAL2`,
            'Set remember: 24h or less there, or record that this application isn’t at AAL2.',
          ),
        ]
      : [],
  );
  const long =
    session > AAL2
      ? [
          notice(
            `sessions last ${lasting(session)}; NIST SP 800-63B-4 wants people to sign in anew within 24 h at AAL2`,
            'Set sessions.lifetime: 24h or less, or freshness in rules.',
          ),
        ]
      : [];
  return wide.length + long.length === 0
    ? [good('no longer than NIST SP 800-63B-4 has it for AAL2 (24 h)')]
    : [...wide, ...long];
}

const lasting = (ms: number): string =>
  ms % (24 * HOUR) === 0 ? `${ms / (24 * HOUR)} d` : `${Math.round(ms / HOUR)} h`;
