import type { Credentials } from '../accounts/credentials.ts';
import type { Holds } from '../accounts/holds.ts';
import type { PasswordExpiryOf } from '../accounts/passwords/index.ts';
import { type Account, type Credential, isEnded } from '../core/account.ts';
import { highest, isFirstFactor, levelOf, levelsOf, NO_REQUEST, type Proof, reaches } from '../core/assurance.ts';
import type { StillAllowedInput } from '../core/sign-in.ts';
import { factorsAt, longestWithout, stillCounting } from '../policy/index.ts';
import type { Capabilities } from './capabilities.ts';
import { onlyIfNamed } from './implied.ts';
import type { AssuranceNeeds } from './needs.ts';
import type { Away, Presence } from './presence.ts';
import { factsOf, NOTHING_MORE, type Requirements } from './requirements.ts';
import { checkKnown, opensAlone } from './without-directory.ts';

interface Parts {
  present: Presence;
  credentials: Credentials;
  holds: Holds;
  passwordExpiry: Pick<PasswordExpiryOf, 'disabled'>;
  capabilities: Capabilities;
  requirements: Requirements;
}

/** Whether what a token says still stands, long after its sign-in. */
export function createStillAllowed(
  deps: Pick<AssuranceNeeds, 'now' | 'factors' | 'rules' | 'acr'>,
  { present, credentials, holds, passwordExpiry, capabilities, requirements }: Parts,
) {
  const { isEnrolled, works, reviewer, there } = capabilities;
  const { requirementOf } = requirements;
  const reserved = onlyIfNamed(deps.factors);

  /**
   * Factors that a token can't rest on, where the rules of now don't name them. Rules about networks are left out at a
   * refresh, and may have named one when the person signed in.
   */
  function unnamed(): ReadonlySet<string> {
    const elsewhere = deps.rules.filter(({ networks, notNetworks }) => networks || notNetworks);
    const named = new Set(elsewhere.flatMap((rule) => factorsAt(rule, deps.now()) ?? []));
    return new Set([...reserved].filter((id) => !named.has(id)));
  }

  /** What a token rests on, as far as its methods are still there. */
  function standing(input: StillAllowedInput, account: Account, all: readonly Credential[]): Proof[] {
    const working = all.filter(works);
    return (input.proofs ?? [])
      .filter(({ credential, factor }) => credential === factor || working.some(({ id }) => id === credential))
      .flatMap(reviewer(account, working, input));
  }

  /**
   * While the directory is away: what a passkey opened may be used as long as policy lets one open it, wherever the
   * person was. Nothing is issued anew.
   *
   * @throws what keeps the directory from being asked
   */
  function checkUse(input: StillAllowedInput, account: Account, all: readonly Credential[], away: Away): true {
    const { application, kind } = input;
    const facts = { now: deps.now(), application, account: factsOf(account, isEnrolled(account, all)), networks: [] };
    const window = longestWithout(deps.rules, facts, ['networks', 'notNetworks']);
    checkKnown(away, kind === 'use' && window > 0 ? window : undefined, facts.now);
    if (!standing(input, account, all).some(opensAlone)) throw away.cause;
    away.rest();
    return true;
  }

  /** Reads side by side what will be asked for. */
  const begin = ({ account, within, kind }: StillAllowedInput) =>
    Promise.all([
      present(account, within),
      holds.of(account),
      kind === 'issue' ? credentials.ofAccount(account) : undefined,
    ]);

  /**
   * Asks again without a browser, for a token. Using one asks whether it was revoked; issuing new ones also asks
   * the directory and policy, and derives anew the level of what it rests on: where that no longer suffices, or no
   * longer is what the token says, the person is sent back to sign in.
   */
  return async (asked: StillAllowedInput): Promise<boolean> => {
    const [[who, hold, ofAccount], resting] = await Promise.all([begin(asked), asked.resting]);
    const input = { ...asked, ...resting };
    const { account, away } = who ?? {};
    // Without a generation a token counts in whole seconds: one of the very second counts as from before.
    const { issuedAt: at, generation } = input;
    if (account === undefined || isEnded(account, { at, generation })) return false;
    if (hold) return false;
    if (input.kind === 'use' && away === undefined) return true;
    if (away === undefined && (await passwordExpiry.disabled(account))) return false;
    const { present: all } = await there(ofAccount ?? (await credentials.ofAccount(account.id)));
    if (away) return checkUse(input, account, all, away);
    const enrolled = isEnrolled(account, all);
    const request = { application: input.application, request: NO_REQUEST, wants: NOTHING_MORE };
    // Where the person is can't be seen now: rules about networks held, or not, when they signed in.
    const anywhere = deps.rules.filter(({ networks, notNetworks }) => !networks && !notNetworks);
    const requirement = requirementOf(account, enrolled, request, anywhere);
    if (requirement.deny) return false;
    const [said = 'sfa'] = levelsOf(deps.acr, input.acr === undefined ? [] : [input.acr]);
    const left = stillCounting({ requirement, now: deps.now(), onlyIfNamed: unnamed() }, standing(input, account, all));
    return left.some(isFirstFactor) && reaches(levelOf(left), highest(requirement.level, said));
  };
}
