import type { Browser } from './browser.ts';

/** Whoever asks for something to be kept: an account that is proven, or else the address that it comes from. */
export interface Asker {
  browser: Pick<Browser, 'ip' | 'networks' | 'reference' | 'speaker'>;
  account?: string | undefined;
}

/**
 * What people who aren't known yet cause to be kept: counted for each address and altogether, so that a stranger can
 * spend neither the store nor what others may have.
 */
export interface Strangers {
  /**
   * Counts what is about to be kept at `key` in the ephemeral store, for `ttl` milliseconds, before it is written.
   * Throws TooManyError where the asker has as much as they may.
   */
  admit(kept: { key: string; value: string; ttl: number }, by: Asker): Promise<void>;
  /**
   * Counts a question that somebody else is asked on the asker's behalf: so many a minute for each address, on all
   * nodes alike. Throws TooManyError.
   */
  ask(by: Asker): Promise<void>;
  /**
   * Counts a guess at something short that somebody else was given, before it is looked at: so many wrong ones for each
   * address, on all nodes alike. `what`: which of such things. Throws TooManyError.
   */
  guess(what: string, by: Asker): Promise<{ right(): Promise<void> }>;
  /** It is gone, or somebody's who is known by now: it doesn't count any more. */
  release(...keys: string[]): Promise<void>;
}
