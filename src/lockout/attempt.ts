import { hasCode } from '../core/errors.ts';
import type { Message } from '../core/prompt.ts';

/** What is attempted. */
export interface Attempt {
  /** The account's id, or a hash of the name typed where nobody goes by it: a lock must not tell which names exist. */
  subject: string;
  factor: string;
  /** It opens the sign-in, before anything is proven. */
  opening: boolean;
  /**
   * What could be guessed by it: ids of the credentials that the answer is held against, or the factor's own where it
   * stores none. Failures in a row of each are counted for good.
   */
  against?: readonly string[];
  /** The subject of the name typed, where it is somebody's: of a person's names each tells of its own lock alone. */
  name?: string;
}

export interface Lock {
  factor: string;
  /** Epoch milliseconds; absent: until somebody releases it. */
  until?: number;
}

/** An attempt that isn't looked at; without `retryAfter`, milliseconds, it is stopped for good. */
export interface Locked {
  allowed: false;
  retryAfter?: number;
  /**
   * Another of the person's names was used up: to say so under this one would tell that both are one person's. It is
   * answered as a wrong one is.
   */
  silent?: true;
}

/** An attempt that is looked at. One of the three says what came of it. */
export interface Turn {
  allowed: true;
  /** Of `Attempt.against`, what isn't stopped: nothing else may be looked at. */
  against: readonly string[];
  /** It was right: the account's budget starts anew, and the address gets its attempt back. */
  succeeded(): Promise<void>;
  /** It was neither right nor wrong, as a choice: the attempt is given back, and earlier ones stay counted. */
  returned(): Promise<void>;
  /** It was the right password, or what else opens: the account knows this browser from now on, which grants nothing. */
  recognised(): Promise<void>;
  /** It was wrong: it stays counted, and whoever has to know is told once. `facts`: for the audit, with the account. */
  failed(facts: Readonly<Record<string, unknown>> & { account?: string }): Promise<void>;
}

/** Looks at an answer that was counted. Where there was no time to look at it, the attempt is given back: it was none. */
export async function lookedAt<T>(turn: Pick<Turn, 'returned'>, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ERR_OVERLOADED')) await turn.returned();
    throw error;
  }
}

/** What a person is told who has to wait, or for whom waiting is no use. */
export function lockedFor({ retryAfter }: Locked, { opening }: { opening: boolean }, now: number): Message {
  if (retryAfter === undefined) return { key: opening ? 'stopped.here' : 'stopped.method' };
  const minutes = Math.max(1, Math.ceil(retryAfter / 60_000));
  // To the minute after it, or trying at the time shown would be too early.
  const lockedUntil = Math.ceil((now + retryAfter) / 60_000) * 60_000;
  return { key: 'locked', values: { count: minutes, minutes, lockedUntil } };
}
