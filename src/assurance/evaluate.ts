import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Hold, Holds, Standing } from '../accounts/holds.ts';
import type { ReadLastKnown } from '../accounts/last-known.ts';
import type { PasswordExpiryOf } from '../accounts/passwords/index.ts';
import type { PasswordRules } from '../accounts/passwords/rule-book.ts';
import { atMost } from '../accounts/strength.ts';
import type { Credential } from '../core/account.ts';
import { isManaging, isOwnPage } from '../core/application.ts';
import type { Evidence, Proof } from '../core/assurance.ts';
import type { PromptKind } from '../core/prompt.ts';
import type { Evaluation, EvaluationInput } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
import { assess, longestWithout } from '../policy/index.ts';
import { createCapabilities } from './capabilities.ts';
import type { Connections } from './connections.ts';
import type { LookedAt } from './device-cookies.ts';
import type { EvidenceStore } from './evidence.ts';
import { impliedOf, onlyIfNamed } from './implied.ts';
import type { AssuranceNeeds } from './needs.ts';
import { createPresence, type Present } from './presence.ts';
import { isPresentable } from './presentable.ts';
import { createRequirements, recently, underChange, underHold } from './requirements.ts';
import { createStandingIn } from './standing-in.ts';
import { createStillAllowed } from './still-allowed.ts';
import type { TrustedDevices } from './trusted-devices.ts';
import type { There } from './upstreams.ts';
import { createValidity, validityOf } from './validity.ts';
import { checkKnown, createTelling, opensAlone, underAbsence } from './without-directory.ts';

/** Why a new password is chosen; `expiring`: because its owner wants to, before it has to be. */
export type Due = NonNullable<Proof['renew']> | 'expiring';

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
  /** The password given was right, and its directory or the policy wants another one before anything opens. */
  due?: Due;
  /** The prompts that can be presented; absent: all. */
  presents?: readonly PromptKind[];
  /** One method is all that is asked. */
  alone?: true;
  /** Their directory is away, and only a passkey opens. */
  withoutDirectory?: true;
}

interface Parts {
  accounts: Accounts;
  lastKnown: ReadLastKnown;
  passwordRules: Pick<PasswordRules, 'withheld'>;
  credentials: Credentials;
  evidence: EvidenceStore;
  devices: TrustedDevices;
  connections: Connections;
  holds: Holds;
  attempts: Pick<Attempts, 'stopped'>;
  passwordExpiry: Pick<PasswordExpiryOf, 'disabled'>;
}

/** What an account has, and what a session and a browser bring, which is being read. */
interface Brought {
  ofAccount: Promise<[There, Standing, ReadonlySet<string>]>;
  ofSession: Promise<readonly Evidence[]>;
  ofBrowser: Promise<LookedAt[]> | undefined;
}

const NOTHING_HELD: Awaited<Brought['ofAccount']> = [{ present: [], out: new Set() }, { since: 0 }, new Set()];

function dueOf(proofs: readonly Proof[], disabled: boolean, renews: boolean | undefined): Due | undefined {
  const due = proofs.find(({ renew }) => renew !== undefined)?.renew;
  return due ?? (disabled ? 'expired' : renews ? 'expiring' : undefined);
}

/** The one question that every door, page and journey asks: how does this request stand? */
export function createEvaluator(deps: AssuranceNeeds, parts: Parts) {
  const { accounts, lastKnown, credentials, evidence, devices, holds, attempts, passwordExpiry } = parts;
  const capabilities = createCapabilities(deps);
  const { reachable, offered, standingOf, isSecond, isOwn, isEnrolled, works, elders, reviewer } = capabilities;
  const { there, hearOut, housesOf, housesAble } = capabilities;
  const requirements = createRequirements(deps);
  const { requirementOf, needsSecond, asksOf } = requirements;
  const present = createPresence(deps, { accounts, lastKnown });
  const stillAllowed = createStillAllowed(deps, { ...parts, present, capabilities, requirements });
  const reserved = onlyIfNamed(deps.factors);
  const tell = createTelling(deps);
  const standIn = createStandingIn(deps, parts);

  /** Whether something lent was lent after the hold was placed: before, whoever is kept out could have asked for it. */
  const heldTo = (hold: Hold | undefined) => (credential: Credential) =>
    hold === undefined || standingOf(credential) !== 'bootstrap' || credential.createdAt >= hold.at;

  /** What signs in alone is nothing where methods are managed, nor where a hold asks for a new password. */
  const sets = (application: string, hold: Hold | undefined) => (credential: Credential) =>
    (hold === undefined && !isManaging(application)) ||
    deps.factors.get(credential.factor)?.factor.lends?.signsInOnly(credential) !== true;

  /** Whether it alone could open what the door can ask by. */
  const opens = (presents: EvaluationInput['presents']) => (credential: Credential) => {
    const it = deps.factors.get(credential.factor);
    return it?.factor.opens !== undefined && isPresentable(it, presents) && opensAlone(atMost(it, credential));
  };

  /** @throws what keeps the directory from being asked, where policy won't do without it, or nothing of theirs would */
  function required(input: EvaluationInput, enrolled: readonly Credential[], { account, away }: Partial<Present>) {
    const usual = recently(requirementOf(account, isEnrolled(account, enrolled), input), input.recent);
    if (away === undefined) return usual;
    checkKnown(away, usual.withoutDirectory, deps.now());
    if (!enrolled.filter(works).some(opens(input.presents))) throw away.cause;
    away.rest();
    return underAbsence(usual);
  }

  async function evaluate(input: EvaluationInput): Promise<FullEvaluation> {
    const read = begin(input);
    const who = input.account === undefined ? undefined : await present(input.account, input.within);
    const result = await weigh(input, read, who);
    if (result.satisfied && who?.away) await tell(who.away, input);
    const { due } = result;
    if (!result.satisfied || (result.hold === undefined && due === undefined)) return result;
    return { ...result, satisfied: false, missing: 'new-password' };
  }

  /**
   * Begins to read what the account has, and what session and browser bring, so that it comes with what else is read.
   * Whether it counts is decided by what is read after it.
   */
  function begin({ account, sight, request, browser, within, asIs }: EvaluationInput): Brought {
    const ofSession = account && sight ? evidence.of(sight, account, request, within) : Promise.resolve([]);
    const ofBrowser = account && browser && !asIs ? devices.look(browser) : undefined;
    const ofAccount = account === undefined ? Promise.resolve(NOTHING_HELD) : held(account, asIs);
    // They are told to whoever waits for them, if anybody does.
    for (const reading of [ofAccount, ofSession, ofBrowser]) reading?.catch(() => undefined);
    return { ofAccount, ofSession, ofBrowser };
  }

  const held = (id: string, asIs?: true): Brought['ofAccount'] =>
    Promise.all([
      credentials.ofAccount(id).then(there),
      holds.standing(id),
      asIs ? NOTHING_HELD[2] : attempts.stopped(id),
    ]);

  /** The same, as if no hold asked for more than a second factor. */
  async function weigh(
    input: EvaluationInput,
    brought: Brought,
    { account, away }: Partial<Present> = {},
  ): Promise<FullEvaluation> {
    const [{ present: all, out }, { hold, since: changed }, stopped] = account ? await brought.ofAccount : NOTHING_HELD;
    const enrolled = all.filter(heldTo(hold)).filter(sets(input.application, hold));
    const demanded = required(input, enrolled, { ...(account && { account }), ...(away && { away }) });
    const validity = validityOf(account, changed);
    const shown = account ? await brought.ofSession : [];
    // A session that came of a house whose person is out there has ended with this look, whatever else is in it.
    const ofSession = shown.some(({ credential }) => out.has(credential)) ? [] : shown;
    const working = enrolled.filter(works);
    // What rests on a credential that was removed or suspended ends with it, at once.
    const stands = (proof: Proof) =>
      validity.stands(proof) &&
      (proof.credential === proof.factor || working.some(({ id }) => id === proof.credential));
    const counts = (proof: Proof) =>
      stands(proof) && (input.bootstrap !== false || !proof.bootstrap) && (away === undefined || opensAlone(proof));
    const review = account && reviewer(account, working, { application: input.application });
    const reviewed = review ? [...ofSession, ...(input.collected ?? [])].filter(counts).flatMap(review) : [];
    // A directory that is away neither says how old a password is nor takes another one.
    const disabled = account !== undefined && away === undefined && (await passwordExpiry.disabled(account));
    const due = account && dueOf(reviewed, disabled, input.renews);
    const changing = due !== undefined && isEnrolled(account, working) ? underChange(demanded) : demanded;
    const requirement = hold ? underHold(demanded) : changing;
    const enrolling = input.bootstrap !== false && isOwnPage(input.application);
    const implied = impliedOf(deps.factors, account, requirement.factors, input.presents);
    const asked = { requirement, wants: input.wants, request: input.request, onlyIfNamed: reserved };
    const withheld = account ? parts.passwordRules.withheld(account) : [];
    const wanted = { ...asked, withheld, evidence: reviewed, enrolling };
    const facts = {
      ...{ requirement, credentials: enrolled, implied, stopped, evidence: reviewed, enrolling, withheld },
      ...(hold ? { hold } : {}),
      ...(due ? { due } : {}),
      ...(input.presents ? { presents: input.presents } : {}),
      ...(input.alone ? { alone: input.alone } : {}),
      ...(away ? { withoutDirectory: true as const } : {}),
    };
    const within = reachable([...working, ...implied], requirement.factors, input.presents, account, input.alone);
    const most = offered(requirement.factors, input.presents, input.alone);
    const common = { now: deps.now(), acr: deps.acr, reachable: within, ...(most && { offered: most }) };

    const without = assess({ ...wanted, ...common });
    const { application, browser } = input;
    if (without.satisfied || without.missing !== 'second' || !account || !browser || input.asIs) {
      return { ...without, ...(account ? { account } : {}), ...facts };
    }
    const usable = (proofs: readonly Proof[]) => proofs.filter(stands).flatMap(reviewer(account, working, input));
    const again = (more: object) => assess({ ...wanted, ...common, ...more });
    const lacking = { account, browser, application, requirement, usable, assess: again };
    const instead = await standIn({ ...lacking, looked: brought.ofBrowser });
    return { ...(instead ?? without), account, ...facts };
  }

  /** Whether somebody could be let in there while their directory is away, by what can be seen of a stranger. */
  function mayOpenAway({ application, browser }: Pick<EvaluationInput, 'application' | 'browser'>): boolean {
    const facts = { now: deps.now(), application, networks: browser?.networks ?? [] };
    const able = [...deps.factors.values()].some((it) => it.factor.opens !== undefined && opensAlone(atMost(it)));
    return able && longestWithout(deps.rules, facts, ['groups', 'notGroups']) > 0;
  }

  const validityNow = createValidity(accounts, holds);
  return {
    evaluate,
    present,
    mayOpenAway,
    stillAllowed,
    validityNow,
    isSecond,
    isOwn,
    isEnrolled,
    works,
    elders,
    needsSecond,
    asksOf,
    hearOut,
    housesOf,
    housesAble,
  };
}

export type Evaluator = ReturnType<typeof createEvaluator>;
