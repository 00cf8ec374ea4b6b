import { linksIn } from '../accounts/links.ts';
import { type Account, type Credential, isOut, isUsable } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Belief } from '../core/belief.ts';
import type { PromptKind } from '../core/prompt.ts';
import { directoryOfUpstream, UPSTREAM, upstreamOf } from '../core/said.ts';
import type { AssuranceNeeds } from './needs.ts';

/** Called for a link of whoever has just been found to be out at that house, whatever else they have here. */
export type HearOut = (link: Credential) => Promise<void>;

/** What of somebody's methods still counts; `out`: links of whoever is out at that house, by its own word. */
export interface There {
  present: Credential[];
  out: ReadonlySet<string>;
}

/** What other houses' words are worth, by what the configuration says of each now. */
export function createUpstreams({ directories }: Pick<AssuranceNeeds, 'directories'>) {
  const listeners: HearOut[] = [];

  /** Houses that may say who somebody is: their own, and those that they linked. */
  const housesOf = (account: Pick<Account, 'directory'>, working: readonly Credential[]): string[] => [
    account.directory,
    ...linksIn(working).map(({ directory }) => directory),
  ];

  /** A proof as it counts now; none of a house that isn't asked any more, or that the account neither is from nor has linked. */
  const believed =
    (account: Pick<Account, 'directory'>, working: readonly Credential[]) =>
    <P extends Proof>(proof: P): P[] => {
      const { said, factor, credential } = proof;
      if (said === undefined) return [proof];
      const directory = directoryOfUpstream(factor) ?? '';
      // What came by a link rests on that very one, as another method's proof does on it.
      const isTheirs =
        credential === factor
          ? directory === account.directory
          : working.some((one) => one.id === credential && one.factor === factor);
      const redirects = isTheirs ? directories.get(directory)?.redirects : undefined;
      return redirects ? [{ ...proof, ...redirects.believe(said), freshness: redirects.freshness }] : [];
    };

  /** What could be shown at most: by one account at its own houses, by anybody at whichever. */
  function within(
    account: Pick<Account, 'directory'> | undefined,
    working: readonly Credential[],
    allowed: readonly string[] | undefined,
    presents: readonly PromptKind[] | undefined,
  ): Proof[] {
    if (allowed && !allowed.includes(UPSTREAM)) return [];
    if (presents && !presents.includes('redirect')) return [];
    const own = account && housesOf(account, working);
    return [...directories].flatMap(([id, { redirects }]) =>
      redirects && (own === undefined || own.includes(id)) ? [asProof(id, redirects.atMost)] : [],
    );
  }

  /** Those of them that could show more than one kind, by what their proofs name. */
  const housesAble = (account: Pick<Account, 'directory'>, working: readonly Credential[]): string[] =>
    within(account, working, undefined, undefined).flatMap(({ factor, kinds }) => (kinds.length > 1 ? [factor] : []));

  /** Whether a link is to a house that may be linked. */
  const leads = ({ factor }: Pick<Credential, 'factor'>): boolean => {
    const redirects = directories.get(directoryOfUpstream(factor) ?? '')?.redirects;
    return redirects !== undefined && redirects.linking !== 'never';
  };

  /** Without links of whoever isn't at that house any more, as far as it says: what came by them ends at this look. */
  async function there(all: readonly Credential[]): Promise<There> {
    const links = linksIn(all);
    const out = new Set<string>();
    if (links.length === 0) return { present: [...all], out };
    const gone = await Promise.all(
      links.map(async ({ directory, key, credential }) => {
        const person = await directories.get(directory)?.byKey(key);
        if (person && isUsable(person.status)) return [];
        // Whom it can't be asked about may be there still.
        if (isOut(person?.status)) {
          out.add(credential.id);
          for (const hear of listeners) await hear(credential);
        }
        return [credential.id];
      }),
    );
    return { present: all.filter(({ id }) => !gone.flat().includes(id)), out };
  }

  return {
    believed,
    within,
    housesOf,
    housesAble,
    leads,
    there,
    hearOut: (hear: HearOut) => void listeners.push(hear),
  };
}

const asProof = (directory: string, belief: Belief): Proof => ({
  ...{ factor: upstreamOf(directory), credential: upstreamOf(directory), at: 0 },
  ...belief,
});
