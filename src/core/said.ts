/**
 * What a provider said of how it was shown who somebody is, in its own words: `acr`, `amr`, AuthnContextClassRef. It is
 * kept with the proof, and what it is worth is asked again whenever that would count.
 */
export interface Said {
  /** By the provider's name for it; at most 20 values of 200 characters each. */
  values: Readonly<Record<string, readonly string[]>>;
  /** When it was shown, epoch milliseconds; absent: the provider doesn't say. */
  at?: number;
  /** Whom it was said of, by their key there. */
  key?: string;
  /** Which of the directory's houses said it (`HouseEntry.id`), where it leads to many. */
  house?: string;
  /** The provider's name for its session, by which it will tell of its end. */
  session?: string;
}

const PREFIX = 'upstream:';

/** What a provider's proofs name in the place of a factor, and of a credential. */
export const upstreamOf = (directory: string): string => `${PREFIX}${directory}`;

/** The directory whose provider gave a proof; undefined where a factor did. */
export const directoryOfUpstream = (factor: string): string | undefined =>
  factor.startsWith(PREFIX) ? factor.slice(PREFIX.length) : undefined;

/** Whether a credential or a proof is of a provider, and no factor's. */
export const isUpstream = ({ factor }: { factor: string }): boolean => factor.startsWith(PREFIX);

/** What rules name all providers by, beside factors. */
export const UPSTREAM = 'upstream';

/** In the place of the request in which a proof was given, where that was in none of ours. */
export const ELSEWHERE = 'upstream';
