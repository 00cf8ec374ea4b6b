import type { Account, Credential } from '../core/account.ts';
import { configuredId, isOwnPage } from '../core/application.ts';
import { type Level, levelOf, levelsOf, type Proof, reaches } from '../core/assurance.ts';
import type { Requirement, Rule } from '../core/policy.ts';
import type { Evaluation, EvaluationInput } from '../core/sign-in.ts';
import { assess } from '../policy/assess.ts';
import { decide } from '../policy/decide.ts';
import type { Accounts } from './accounts.ts';
import type { Credentials } from './credentials.ts';
import type { SignInDeps } from './deps.ts';
import type { EvidenceStore } from './evidence.ts';
import { atMost, openerOf } from './strength.ts';
import type { TrustedDevices } from './trusted-devices.ts';

/** An evaluation, with what it rests on: the journey goes on from there. */
export interface FullEvaluation extends Evaluation {
  credentials: Credential[];
  /** Proofs that were looked at, this session's and this sign-in's. */
  evidence: readonly Proof[];
  /** A lent pass would do: it is for setting up a method. */
  enrolling: boolean;
}

interface Parts {
  accounts: Accounts;
  credentials: Credentials;
  evidence: EvidenceStore;
  devices: TrustedDevices;
}

/** The one question that every door, page and journey asks: how does this request stand? */
export function createEvaluator(deps: SignInDeps, parts: Parts) {
  const { accounts, credentials, evidence, devices } = parts;

  /** What a person could show at most, with a first factor and these credentials, as far as policy lets them. */
  function reachable(enrolled: readonly Credential[], allowed: readonly string[] | undefined): Level | undefined {
    const first = openerOf(deps.factors);
    const usable = enrolled.filter(({ factor }) => allowed === undefined || allowed.includes(factor));
    const proofs = usable.flatMap((credential) => {
      const it = deps.factors.get(credential.factor);
      return it ? [atMost(it, credential)] : [];
    });
    return levelOf([...(first ? [atMost(first)] : []), ...proofs]);
  }

  /** Whether a credential brings a second kind. */
  function isSecond({ factor }: Credential): boolean {
    return deps.factors.get(factor)?.module.kinds.some((kind) => kind !== 'knowledge') ?? false;
  }

  /** Whether a credential can prove anything: one that is suspended can't. */
  function works(credential: Credential): boolean {
    const it = deps.factors.get(credential.factor);
    return it !== undefined && atMost(it, credential).kinds.length > 0;
  }

  const standingOf = ({ factor }: Credential) => deps.factors.get(factor)?.module.standing;

  /** Whether a credential is a method of one's own that brings a second kind: not lent, and not running out. */
  const isOwn = (credential: Credential): boolean => isSecond(credential) && standingOf(credential) === undefined;

  /** Whether there is a second step to be asked for. A pass that can't be used any more, or not yet, is none. */
  function isEnrolled(account: Account | undefined, all: readonly Credential[]): boolean {
    return all.some((credential) => {
      if (!isSecond(credential)) return false;
      if (standingOf(credential) !== 'bootstrap') return true;
      const usable = deps.factors.get(credential.factor)?.factor.usable;
      return account !== undefined && works(credential) && (usable?.(account, [credential]) ?? true);
    });
  }

  /** What an earlier proof is worth to this application, now: its factor may refuse it, or trust it less. */
  function reviewer(account: Account, working: readonly Credential[], { application }: { application: string }) {
    return <P extends Proof>(proof: P): P[] => {
      const credential = working.find(({ id }) => id === proof.credential);
      const verdict =
        credential &&
        deps.factors
          .get(proof.factor)
          ?.factor.review?.(credential, account, { application: configuredId(application) });
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

  async function evaluate(input: EvaluationInput): Promise<FullEvaluation> {
    const account = input.account ? await accounts.usable(input.account) : undefined;
    const enrolled = account ? await credentials.ofAccount(account.id) : [];
    const requirement = recently(requirementOf(account, isEnrolled(account, enrolled), input), input.recent);
    const since = account?.revokedBefore ?? 0;
    const ofSession = account && input.session ? await evidence.of(input.session, account.id) : [];
    const working = enrolled.filter(works);
    // What rests on a credential that was removed or suspended ends with it, at once.
    const stands = ({ at, credential, factor }: Proof) =>
      at >= since && (credential === factor || working.some(({ id }) => id === credential));
    const counts = (proof: Proof) => stands(proof) && (input.bootstrap !== false || !proof.bootstrap);
    const review = account && reviewer(account, working, { application: input.application });
    const held = review ? [...ofSession, ...(input.collected ?? [])].filter(counts).flatMap(review) : [];
    const enrolling = input.bootstrap !== false && isOwnPage(input.application);
    const wanted = { requirement, evidence: held, wants: input.wants, request: input.request, enrolling };
    const facts = { requirement, credentials: enrolled, evidence: held, enrolling };
    const common = { now: deps.now(), acr: deps.acr, reachable: reachable(enrolled, requirement.factors) };

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
   * Asks again without a browser, for a token. Using one asks whether it was revoked; issuing new ones also asks
   * the directory and policy: a level that no longer suffices sends the person back to sign in.
   */
  async function stillAllowed(input: {
    application: string;
    account: string;
    kind: 'issue' | 'use';
    acr?: string;
    issuedAt: number;
  }): Promise<boolean> {
    const account = await accounts.usable(input.account);
    // Tokens count in whole seconds: one of the very second counts as from before.
    if (account === undefined || input.issuedAt < account.revokedBefore) return false;
    if (input.kind === 'use') return true;
    const enrolled = isEnrolled(account, await credentials.ofAccount(account.id));
    const request = { application: input.application, request: '', wants: NOTHING_MORE };
    // Where the person is can't be seen now: rules about networks held, or not, when they signed in.
    const anywhere = deps.rules.filter(({ networks, notNetworks }) => !networks && !notNetworks);
    const requirement = requirementOf(account, enrolled, request, anywhere);
    if (requirement.deny) return false;
    const [had] = levelsOf(deps.acr, input.acr === undefined ? [] : [input.acr]);
    return requirement.level === 'sfa' || reaches(had, requirement.level);
  }

  /** Whether any application, now, wants more than one factor of this person. */
  function needsSecond(account: Account): boolean {
    return [...deps.applications.keys()].some((application) => {
      const request = { application, request: '', wants: NOTHING_MORE };
      return reaches(requirementOf(account, true, request).level, 'mfa');
    });
  }

  return { evaluate, stillAllowed, isSecond, isOwn, isEnrolled, works, needsSecond };
}

/** Outside an authorization request `never` can only mean: a moment ago. */
function recently(requirement: Requirement, recent: number | undefined): Requirement {
  if (recent === undefined || !requirement.perRequest) return requirement;
  return { ...requirement, perRequest: false, freshness: Math.min(recent, requirement.freshness ?? recent) };
}

const NOTHING_MORE = { acrValues: [], acrEssential: false, reauthenticate: false };

export type Evaluator = ReturnType<typeof createEvaluator>;
