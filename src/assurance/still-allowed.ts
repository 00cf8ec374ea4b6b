import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Holds } from '../accounts/holds.ts';
import { isEnded } from '../core/account.ts';
import { highest, isFirstFactor, levelOf, levelsOf, NO_REQUEST, reaches } from '../core/assurance.ts';
import type { StillAllowedInput } from '../core/sign-in.ts';
import { stillCounting } from '../policy/index.ts';
import type { Capabilities } from './capabilities.ts';
import { onlyIfNamed } from './implied.ts';
import type { AssuranceNeeds } from './needs.ts';
import { NOTHING_MORE, type Requirements } from './requirements.ts';

interface Parts {
  accounts: Accounts;
  credentials: Credentials;
  holds: Holds;
  capabilities: Capabilities;
  requirements: Requirements;
}

/** Whether what a token says still stands, long after its sign-in. */
export function createStillAllowed(
  deps: Pick<AssuranceNeeds, 'now' | 'factors' | 'rules' | 'acr'>,
  { accounts, credentials, holds, capabilities, requirements }: Parts,
) {
  const { isEnrolled, works, reviewer } = capabilities;
  const { requirementOf } = requirements;
  const reserved = onlyIfNamed(deps.factors);

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
  return async (input: StillAllowedInput): Promise<boolean> => {
    const account = await accounts.usable(input.account);
    // Without a generation a token counts in whole seconds: one of the very second counts as from before.
    const { issuedAt: at, generation } = input;
    if (account === undefined || isEnded(account, { at, generation })) return false;
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
  };
}
