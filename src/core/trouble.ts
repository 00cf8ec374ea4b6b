/**
 * What keeps an application from working, or soon will: something that others write or serve, as the metadata of a
 * service provider. It stops nobody else, and is told wherever somebody looks: log, health, metrics, help desk.
 */
export interface Trouble {
  /** Id of the configured application. */
  application: string;
  /**
   * `unavailable`: nobody signs in to it. `stale`: it goes on with what was good before. `ending`: it works, and won't
   * for long. `incomplete`: it works, and doesn't get all that it asks for.
   */
  state: 'unavailable' | 'stale' | 'ending' | 'incomplete';
  /** What it is about, for people who can’t mend it: whoever they tell is another one for each. */
  about: TroubleAbout;
  /** A sentence about the application, for operators and the help desk: `its metadata expired on 2026-11-28T10:00Z`. */
  reason: string;
  /** Epoch milliseconds, as the end is. */
  since?: number;
  /** When what it rests on ends, or ended. */
  until?: number;
}

/** What an application says of itself, certificates, what it asks for of people, or how its requests come. */
export type TroubleAbout = 'metadata' | 'certificate' | 'attributes' | 'requests';

/** One line for a log or a terminal. */
export function troubleLine({ application, state, reason, since }: Trouble): string {
  return `applications.${application} is ${state}${since === undefined ? '' : ` since ${minute(since)}`}: ${reason}`;
}

/** To the minute, in UTC. */
export function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
