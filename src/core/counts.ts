/**
 * What is counted: sign-ins, why they failed, once more for each group of the person's that is told apart and for the
 * door that presented them itself; what a remembered device spared; locks; "This wasn't me"; messages by their channel.
 */
export type CountKind = 'sign-in' | 'failure' | 'group' | 'door' | 'remembered' | 'lock' | 'not-me' | 'text' | 'mail';

/** By what it is told apart. Each is an id of the configuration's, `other`, or empty where it says nothing. */
export const COUNTED_BY = ['kind', 'outcome', 'method', 'application', 'provider', 'country'] as const;
export type CountedBy = (typeof COUNTED_BY)[number];

/** One number of one hour. */
export interface CountRow {
  /** The hour's beginning (UTC), epoch milliseconds. */
  at: number;
  kind: CountKind;
  /**
   * Of a sign-in `completed`, `wrong`, `locked` or `denied`; of a message `sent` or `failed`; of a lock `locked` or
   * `stopped`; of what wasn't somebody `sign-in` or `request`.
   */
  outcome: string;
  /** Factors joined by `+`; of a message the factor that sends it, or `notice`; of a failure its kind of reason. */
  method: string;
  application: string;
  /** The directory; of a message the sender, of `group` the group, of `door` the door. */
  provider: string;
  /** Of a text message: ISO 3166-1 letters. */
  country: string;
  count: number;
}

/** What one process counted, to be added once. */
export interface CountBatch {
  /** The process, and its how manieth batch this is: a batch that is given again is known by them. */
  source: string;
  sequence: number;
  /** Epoch milliseconds. */
  at: number;
  rows: readonly CountRow[];
}

export interface CountsAsked {
  kinds: readonly CountKind[];
  /** At or after `from`, before `until`: epoch milliseconds. */
  from: number;
  until: number;
  /** Told apart by hour or day, milliseconds; absent: all together. */
  every?: 3_600_000 | 86_400_000;
  by: readonly CountedBy[];
  /** Only these. */
  where?: Partial<Record<CountedBy, string>>;
  limit: number;
}

/** A sum, with what was asked for. */
export type CountSum = { at?: number; count: number } & { [Name in CountedBy]?: string };

/** Numbers by the hour, which every node adds to, and the same by the day (UTC): what whole days are asked of. */
export interface CountStore {
  /** All or nothing, and each batch once however often it is given: false where it was there already. */
  add(batch: CountBatch): Promise<boolean>;
  /** The earliest first, then the largest. */
  sums(asked: CountsAsked): Promise<CountSum[]>;
  /** Takes the oldest hour away if it began before that moment; false where there was none. */
  prune(before: number): Promise<boolean>;
  /** Forgets which batches of processes were added that have been silent since. */
  forget(before: number): Promise<void>;
}
