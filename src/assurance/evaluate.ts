import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Hold, Holds } from '../accounts/holds.ts';
import { atMost, openerOf } from '../accounts/strength.ts';
import type { Account, Credential } from '../core/account.ts';
import { configuredId, isManaging, isOwnPage } from '../core/application.ts';
import {
  highest,
  isFirstFactor,
  type Level,
  levelOf,
  levelsOf,
  NO_REQUEST,
  type Proof,
  reaches,
} from '../core/assurance.ts';
import type { Requirement, Rule } from '../core/policy.ts';
import type { PromptKind } from '../core/prompt.ts';
import type { Evaluation, EvaluationInput, StillAllowedInput } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
import { assess, decide, stillCounting } from '../policy/index.ts';
import type { EvidenceStore } from './evidence.ts';
import { impliedOf, onlyIfNamed } from './implied.ts';
import type { AssuranceNeeds } from './needs.ts';
import { isPresentable } from './presentable.ts';
import type { TrustedDevices } from './trusted-devices.ts';

/** An evaluation, with what it rests on: the journey goes on from there. */
export interface FullEvaluation extends Evaluation {
  credentials: Credential[];
  /** What needs no credential, in the shape of one. */
  implied: Credential[];
  /** Proofs that were looked at, this session's and this sign-in's. */
  evidence: readonly Proof[];
  /** A lent pass would do: it is for setting up a method. */
  enrolling: boolean;
  /** Ids of credentials, and of factors that store none, that are asked for no more: too many failures in a row. */
  stopped: ReadonlySet<string>;
  /** The password must be changed before anything opens. */
  hold?: Hold;
  /** The prompts that can be presented; absent: all. */
  presents?: readonly PromptKind[];
}

interface Parts {
  accounts: Accounts;
  credentials: Credentials;
  evidence: EvidenceStore;
  devices: TrustedDevices;
  holds: Holds;
  attempts: Pick<Attempts, 'stopped'>;
}

const NOTHING: ReadonlySet<string> = new Set();

type Presents = EvaluationInput['presents'];

/** The one question that every door, page and journey asks: how does this request stand? */
export function createEvaluator(deps: AssuranceNeeds, parts: Parts) {
  const { accounts, credentials, evidence, devices, holds, attempts } = parts;
  const reserved = onlyIfNamed(deps.factors);

  /** What a person could show at most, with a first factor and these credentials, as far as policy and door let them. */
  function reachable(
    working: readonly Credential[],
    allowed: readonly string[] | undefined,
    presents: Presents,
  ): Level | undefined {
    const first = openerOf(deps.factors);
    const usable = working.filter(({ factor }) => allowed === undefined || allowed.includes(factor));
    const proofs = usable.flatMap((credential) => {
      const it = deps.factors.get(credential.factor);
      return it && isPresentable(it, presents) ? [atMost(it, credential)] : [];
    });
    return levelOf([...(first ? [atMost(first)] : []), ...proofs]);
  }

  /** What anybody could show at most, with every factor that policy lets in and the door can ask by. */
  function offered(allowed: readonly string[] | undefined, presents: Presents): Level | undefined {
    const first = openerOf(deps.factors);
    const second = [...deps.factors].filter(
      ([id, it]) => (allowed === undefined || allowed.includes(id)) && isPresentable(it, presents),
    );
    return levelOf([...(first ? [atMost(first)] : []), ...second.map(([, it]) => atMost(it))]);
  }

  /** Whether a credential brings a second kind. */
  function isSecond({ factor }: Credential): boolean {
    return deps.factors.get(factor)?.module.kinds.some((kind) => kind !== 'knowledge') ?? false;
  }

  /** Whether its factor would take anything of a credential. */
  function proves(credential: Credential): boolean {
    const it = deps.factors.get(credential.factor);
    return it !== undefined && atMost(it, credential).kinds.length > 0;
  }

  /** Whether a credential can prove anything: one that is suspended can't, whoever suspended it. */
  const works = (credential: Credential): boolean => credential.suspendedAt === undefined && proves(credential);

  const standingOf = ({ factor }: Credential) => deps.factors.get(factor)?.module.standing;

  /** Whether a credential is a method of one's own that brings a second kind: not lent, and not running out. */
  const isOwn = (credential: Credential): boolean => isSecond(credential) && standingOf(credential) === undefined;

  /**
   * Whether there is a second step to be asked for. A pass that can't be used any more, or not yet, is none. What a
   * report suspended counts as had: it must not make room for a first method of whoever knows the password.
   */
  function isEnrolled(account: Account | undefined, all: readonly Credential[]): boolean {
    return all.some((credential) => {
      if (!isSecond(credential)) return false;
      if (standingOf(credential) !== 'bootstrap') return true;
      const factor = deps.factors.get(credential.factor)?.factor;
      return account !== undefined && proves(credential) && factor?.usable(account, [credential]) === true;
    });
  }

  /**
   * Methods that can say of a suspended one that it is the owner's, or that it isn't: they were there before it, so
   * that whoever added it can't have added them.
   */
  function elders(all: readonly Credential[], { createdAt }: Credential): Credential[] {
    return all.filter(
      (one) => one.createdAt < createdAt && isSecond(one) && standingOf(one) !== 'bootstrap' && works(one),
    );
  }

  /** What an earlier proof is worth to this application, now: its factor may refuse it, or trust it less. */
  function reviewer(account: Account, working: readonly Credential[], { application }: { application: string }) {
    return <P extends Proof>(proof: P): P[] => {
      const credential = working.find(({ id }) => id === proof.credential);
      const verdict =
        credential &&
        deps.factors
          .get(proof.factor)
          ?.factor.reviews?.review(credential, account, { application: configuredId(application) });
      if (verdict === 'refused') return [];
      return [verdict === 'unattested' ? { ...proof, attested: false } : proof];
    };
  }

  function requirementOf(
    account: Account | undefined,
    enrolled: boolean,
    input: EvaluationInput,
    rules: readonly Rule[] = deps.rules,
  ) {
    const { id, groups, createdAt } = account ?? { id: '', groups: [], createdAt: 0 };
    return decide(
      rules,
      {
        now: deps.now(),
        application: input.application,
        ...(account ? { account: { id, groups, createdAt, enrolled } } : {}),
        networks: input.browser?.networks ?? [],
      },
      { remember: deps.trustedDevices.lifetime },
    );
  }

  /** Whether something lent was lent after the hold was placed: before, whoever is kept out could have asked for it. */
  const heldTo = (hold: Hold | undefined) => (credential: Credential) =>
    hold === undefined || standingOf(credential) !== 'bootstrap' || credential.createdAt >= hold.at;

  /** What signs in alone is nothing where methods are managed, nor where a hold asks for a new password. */
  const sets = (application: string, hold: Hold | undefined) => (credential: Credential) =>
    (hold === undefined && !isManaging(application)) ||
    deps.factors.get(credential.factor)?.factor.lends?.signsInOnly(credential) !== true;

  async function evaluate(input: EvaluationInput): Promise<FullEvaluation> {
    const result = await weigh(input);
    if (result.hold === undefined || !result.satisfied) return result;
    return { ...result, satisfied: false, missing: 'new-password' };
  }

  /** The same, as if no hold asked for more than a second factor. */
  async function weigh(input: EvaluationInput): Promise<FullEvaluation> {
    const account = input.account ? await accounts.usable(input.account) : undefined;
    const [all, { hold, since: changed }, stopped] = account
      ? await Promise.all([credentials.ofAccount(account.id), holds.standing(account.id), attempts.stopped(account.id)])
      : [[], { since: 0, hold: undefined }, NOTHING];
    const enrolled = all.filter(heldTo(hold)).filter(sets(input.application, hold));
    const required = recently(requirementOf(account, isEnrolled(account, enrolled), input), input.recent);
    const requirement = hold ? underHold(required) : required;
    const since = Math.max(account?.revokedBefore ?? 0, changed);
    const ofSession = account && input.sight ? await evidence.of(input.sight, account.id, input.request) : [];
    const working = enrolled.filter(works);
    // What rests on a credential that was removed or suspended ends with it, at once.
    const stands = ({ at, credential, factor }: Proof) =>
      at >= since && (credential === factor || working.some(({ id }) => id === credential));
    const counts = (proof: Proof) => stands(proof) && (input.bootstrap !== false || !proof.bootstrap);
    const review = account && reviewer(account, working, { application: input.application });
    const held = review ? [...ofSession, ...(input.collected ?? [])].filter(counts).flatMap(review) : [];
    const enrolling = input.bootstrap !== false && isOwnPage(input.application);
    const implied = impliedOf(deps.factors, account, requirement.factors);
    const asked = { requirement, wants: input.wants, request: input.request, onlyIfNamed: reserved };
    const wanted = { ...asked, evidence: held, enrolling };
    const facts = {
      ...{ requirement, credentials: enrolled, implied, stopped, evidence: held, enrolling },
      ...(hold ? { hold } : {}),
      ...(input.presents ? { presents: input.presents } : {}),
    };
    const within = reachable([...working, ...implied], requirement.factors, input.presents);
    const most = offered(requirement.factors, input.presents);
    const common = { now: deps.now(), acr: deps.acr, reachable: within, ...(most && { offered: most }) };

    const without = assess({ ...wanted, ...common });
    if (without.satisfied || without.missing !== 'second' || !account || !input.browser || requirement.remember === 0) {
      return { ...without, ...(account ? { account } : {}), ...facts };
    }
    const device = await devices.recall(account.id, input.browser);
    const proofs = device?.proofs.filter(stands).flatMap(reviewer(account, working, input)) ?? [];
    const result = assess({ ...wanted, ...common, device: { proofs } });
    if (result.satisfied && result.remembered) await devices.used(account.id, input.browser);
    return { ...result, account, ...facts };
  }

  /**
   * Factors that a token can't rest on, where the rules of now don't name them. Rules about networks are left out at a
   * refresh, and may have named one when the person signed in.
   */
  function unnamed(): ReadonlySet<string> {
    const elsewhere = deps.rules.filter(({ networks, notNetworks }) => networks || notNetworks);
    const named = new Set(elsewhere.flatMap(({ factors }) => factors ?? []));
    return new Set([...reserved].filter((id) => !named.has(id)));
  }

  /**
   * Asks again without a browser, for a token. Using one asks whether it was revoked; issuing new ones also asks
   * the directory and policy, and derives anew the level of what it rests on: where that no longer suffices, or no
   * longer is what the token says, the person is sent back to sign in.
   */
  async function stillAllowed(input: StillAllowedInput): Promise<boolean> {
    const account = await accounts.usable(input.account);
    // Tokens count in whole seconds: one of the very second counts as from before.
    if (account === undefined || input.issuedAt < account.revokedBefore) return false;
    if (await holds.of(account.id)) return false;
    if (input.kind === 'use') return true;
    const all = await credentials.ofAccount(account.id);
    const enrolled = isEnrolled(account, all);
    const request = { application: input.application, request: NO_REQUEST, wants: NOTHING_MORE };
    // Where the person is can't be seen now: rules about networks held, or not, when they signed in.
    const anywhere = deps.rules.filter(({ networks, notNetworks }) => !networks && !notNetworks);
    const requirement = requirementOf(account, enrolled, request, anywhere);
    if (requirement.deny) return false;
    const [said = 'sfa'] = levelsOf(deps.acr, input.acr === undefined ? [] : [input.acr]);
    const working = all.filter(works);
    const reviewed = (input.proofs ?? [])
      .filter(({ credential, factor }) => credential === factor || working.some(({ id }) => id === credential))
      .flatMap(reviewer(account, working, input));
    const left = stillCounting({ requirement, now: deps.now(), onlyIfNamed: unnamed() }, reviewed);
    return left.some(isFirstFactor) && reaches(levelOf(left), highest(requirement.level, said));
  }

  /** What an account proved before this moment, epoch milliseconds, counts for nothing. */
  async function voidBefore(id: string): Promise<number> {
    const [account, { since }] = await Promise.all([accounts.byId(id), holds.standing(id)]);
    return Math.max(account?.revokedBefore ?? 0, since);
  }

  /** Whether any application, now, wants more than one factor of this person. */
  function needsSecond(account: Account): boolean {
    return [...deps.applications.keys()].some((application) => {
      const request = { application, request: NO_REQUEST, wants: NOTHING_MORE };
      return reaches(requirementOf(account, true, request).level, 'mfa');
    });
  }

  return { evaluate, stillAllowed, voidBefore, isSecond, isOwn, isEnrolled, works, elders, needsSecond };
}

/**
 * The password may be somebody else's too: by itself it opens nothing, sets up nothing, and a device that is
 * remembered, perhaps theirs, does nothing for it.
 */
function underHold(requirement: Requirement): Requirement {
  const demands = ['level: mfa', 'remember: never', 'a new password'];
  const reason = { rule: 'the password must be changed', effect: 'applied', demands } as const;
  return {
    ...requirement,
    level: highest(requirement.level, 'mfa'),
    remember: 0,
    firstEnrolment: false,
    reasons: [...requirement.reasons, reason],
  };
}

/** Outside an authorization request `never` can only mean: a moment ago. */
function recently(requirement: Requirement, recent: number | undefined): Requirement {
  if (recent === undefined || !requirement.perRequest) return requirement;
  return { ...requirement, perRequest: false, freshness: Math.min(recent, requirement.freshness ?? recent) };
}

const NOTHING_MORE = { acrValues: [], acrEssential: false, reauthenticate: false };

export type Evaluator = ReturnType<typeof createEvaluator>;
