import type { LocalizedText } from './account.ts';

/** A house as people choose it. */
export interface HouseEntry {
  /** The directory's own name for it, as an entityID. */
  id: string;
  name: LocalizedText;
  /** What else it is found by, in all languages. */
  keywords: readonly string[];
  /** What stands behind the @ in its people's names and addresses, in lower case. */
  domains: readonly string[];
  /** Address of a picture, elsewhere: nobody has looked at it. */
  logo?: string;
  /** It doesn't want to be chosen from a list (REFEDS hide-from-discovery): whoever is led there otherwise finds it. */
  hidden?: true;
}

/** The houses that a directory leads to: one, or a federation's. */
export interface Houses {
  /** People say which, before they leave. */
  readonly many: boolean;
  /** All that there are now: the same object until one of them changes. */
  all(): Promise<readonly HouseEntry[]>;
  /** One that can be left for now. */
  find(id: string): Promise<HouseEntry | undefined>;
}
