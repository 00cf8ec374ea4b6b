/** How much of something may happen: counted for the whole installation, on all nodes together. */
export interface Budget {
  name: string;
  /** Whose it is: a number, an address; kept as a hash. */
  of: string;
  /** Absent, it is only counted. */
  most?: number;
  /** Milliseconds: windows one after the other, the same for everybody. */
  per: number;
  /** Not a window: this long between one and the next. */
  apart?: true;
  /** Everybody's: its end is an operator's affair, and `of` is no secret. */
  shared?: true;
}

/** `counts`: by name, with this one. `spent`: the name of the budget that refuses; `retryAfter`, milliseconds. */
export type Limited =
  | { allowed: true; counts: Readonly<Record<string, number>> }
  | { allowed: false; spent: string; retryAfter: number };

export interface LimitPort {
  /** Counts one against each; where one of them is spent, against none. */
  count(budgets: readonly Budget[]): Promise<Limited>;
  /** What was counted in the windows of `at`, epoch milliseconds, by name. */
  read(budgets: readonly Budget[], at: number): Promise<Readonly<Record<string, number>>>;
  /** Takes one back that was counted at `at`, epoch milliseconds; in a window that is over, nothing. */
  giveBack(budgets: readonly Budget[], at: number): Promise<void>;
}
