import type { Level } from './assurance.ts';

/**
 * A rule as the configuration gives it, validated. All rules in force that match a sign-in
 * join component-wise. An empty or absent condition matches everything; durations and times are milliseconds.
 */
export interface Rule {
  name: string;
  /** Conditions: any of the values, and all of the conditions. */
  applications?: readonly string[];
  groups?: readonly string[];
  notGroups?: readonly string[];
  networks?: readonly string[];
  notNetworks?: readonly string[];

  level?: Level;
  /** Greatest age of this session's proofs. */
  freshness?: number;
  /** Factors that may provide what comes after knowledge; an empty intersection denies. */
  factors?: readonly string[];
  /** The same by date, in the place of `factors`: where periods overlap any of theirs, where none holds nobody's. */
  calendar?: readonly FactorPeriod[];
  /** How long a device may replace a second factor; `never` wants one in each authorization request. */
  remember?: number | 'never';
  /**
   * How old the second factor may be that a live connection of theirs began with, as a VPN's, for a browser that comes
   * through it; `never` takes none. Never longer than `remember`.
   */
  connection?: number | 'never';
  /** Whether a person without any method may enrol the first one in the middle of this sign-in. */
  firstEnrolment?: boolean;
  deny?: boolean;
  /**
   * How old the last known state of a person may be, for them to be let in with a passkey while their directory can't
   * be asked; `never` lets nobody in.
   */
  dangerouslyWithoutDirectory?: number | 'never';

  /** Contributes nothing before this moment. */
  from?: number;
  /** Contributes nothing to people who haven't enrolled, for this long after `from` or their account's creation. */
  grace?: number;
}

/** Factors for a stretch of time: `until` is no part of it, and without a border there it has none. */
export interface FactorPeriod {
  from?: number;
  until?: number;
  use: readonly string[];
}

/** What is known when a decision is asked for. */
export interface Facts {
  now: number;
  application: string;
  /** Undefined before the person is known: conditions on groups then don't match. */
  account?: { id: string; groups: readonly string[] | undefined; createdAt: number; enrolled: boolean };
  /** Names of the configured networks that the address belongs to. */
  networks: readonly string[];
}

/** What policy demands of a sign-in. */
export interface Requirement {
  deny: boolean;
  level: Level;
  /** Milliseconds; undefined is the session's own life. */
  freshness?: number;
  /** Undefined allows every factor. */
  factors?: readonly string[];
  /** How old the proofs of a remembered device may be; 0 accepts none. */
  remember: number;
  /** How old the proofs of a live connection may be, milliseconds; absent: none counts. */
  connection?: number;
  /** Second-factor proofs must be from this very authorization request. */
  perRequest: boolean;
  firstEnrolment: boolean;
  /** Greatest age of the last known state where the directory is away, milliseconds; absent: nobody gets in then. */
  withoutDirectory?: number;
  reasons: readonly Reason[];
}

/** Why: one line per rule that was looked at and could have mattered. */
export interface Reason {
  rule: string;
  effect: 'applied' | 'not-yet' | 'grace' | 'default';
  /** What the rule demands, in words of the configuration: `level: mfa`, `remember: never`. */
  demands: readonly string[];
  /** When a rule that isn't in force yet will be. */
  until?: number;
}

/** People of some groups who are led from old factors to new ones, in a time of its own: it asks for nothing. */
export interface Campaign {
  name: string;
  groups: readonly string[];
  /** What they are led away from. */
  leaves: readonly string[];
  /** What they are led to: whoever has any of these is through. */
  to: readonly string[];
  /** Epoch milliseconds; the end is no part of it. */
  from: number;
  end: number;
  /** How long before the end they are written to, milliseconds. */
  reminders: readonly number[];
  /** How long "Not now" holds, milliseconds. */
  snooze: number;
}

/** An enrolment that is suggested after a sign-in to people whom it fits, and can be put off. */
export interface Suggestion {
  factor: string;
  groups?: readonly string[] | undefined;
  notGroups?: readonly string[] | undefined;
  /** How long "Not now" holds, milliseconds. */
  snooze: number;
  /** How often it is suggested to one person at most. */
  times: number;
}
