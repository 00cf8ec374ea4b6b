import type { LocalizedText } from './account.ts';

/** Whatever asks for a sign-in, whichever door it uses. */
export interface Application {
  id: string;
  name: LocalizedText;
  /** Id of the door it comes through. */
  door: string;
  /** Shown on /applications. */
  description?: LocalizedText;
  homepage?: string;
  /** Ask before data is released to it; otherwise the institution has decided. */
  consent: 'ask' | 'institution';
  /** Part of the gateway itself: not listed, no consent. */
  internal: boolean;
  /** The door's own settings, validated by the door's schema. */
  settings: unknown;
}

/** Parts of the gateway that ask for a sign-in themselves; rules may name them. */
export const INTERNAL_APPLICATIONS = ['sallyport-account', 'sallyport-security'] as const;
