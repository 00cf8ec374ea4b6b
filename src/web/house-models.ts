import type { LocalizedText } from '../core/account.ts';

/** A house that a page leads to. */
export interface HouseLink {
  href: string;
  name: LocalizedText;
  /** Elsewhere: it is served here. */
  logo?: string;
  /** What its people's names end in: of two that are called the same, this says which. */
  domain?: string;
}

/** Of the sign-in page: houses in the place of the prompts that lead there. */
export interface SignInHouses {
  suggested?: HouseLink;
  buttons: HouseLink[];
  /** The page with all of them. */
  chooser?: string;
}

export interface HousePages {
  /** The chooser. */
  houses: {
    /** Of the form of the search, by GET. */
    action: string;
    application: LocalizedText;
    requester?: string;
    query: string;
    houses: HouseLink[];
    total: number;
    /** Number of the first, from 1. */
    first: number;
    previous?: string;
    next?: string;
    back: string;
  };
}
