import type { Account } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Belief } from '../core/belief.ts';
import type { PromptKind } from '../core/prompt.ts';
import { directoryOfUpstream, UPSTREAM, upstreamOf } from '../core/said.ts';
import type { AssuranceNeeds } from './needs.ts';

/** What other houses' words are worth, by what the configuration says of each now. */
export function createUpstreams({ directories }: Pick<AssuranceNeeds, 'directories'>) {
  /** A proof as it counts now; none of a house that isn't asked any more, or that the account isn't from. */
  const believed =
    (account: Pick<Account, 'directory'>) =>
    <P extends Proof>(proof: P): P[] => {
      const { said } = proof;
      if (said === undefined) return [proof];
      const directory = directoryOfUpstream(proof.factor);
      const redirects = directory === account.directory ? directories.get(directory)?.redirects : undefined;
      return redirects ? [{ ...proof, ...redirects.believe(said), freshness: redirects.freshness }] : [];
    };

  /** What could be shown at most: by one account at its own, by anybody at whichever. */
  function within(
    account: Pick<Account, 'directory'> | undefined,
    allowed: readonly string[] | undefined,
    presents: readonly PromptKind[] | undefined,
  ): Proof[] {
    if (allowed && !allowed.includes(UPSTREAM)) return [];
    if (presents && !presents.includes('redirect')) return [];
    return [...directories].flatMap(([id, { redirects }]) =>
      redirects && (account === undefined || account.directory === id) ? [asProof(id, redirects.atMost)] : [],
    );
  }

  return { believed, within };
}

const asProof = (directory: string, belief: Belief): Proof => ({
  ...{ factor: upstreamOf(directory), credential: upstreamOf(directory), at: 0 },
  ...belief,
});
