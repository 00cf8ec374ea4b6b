/** Moves the clock of the whole process: the gateway's, oidc-provider's and the applications'. Timers stay. */
export interface Clock {
  advance(milliseconds: number): void;
  /** The system's own time again. */
  restore(): void;
}

export function movableClock(): Clock {
  const System = globalThis.Date;
  let offset = 0;
  class Moved extends System {
    constructor(...given: unknown[]) {
      // The constructor's overloads can't be spread into.
      super(...((given.length === 0 ? [Moved.now()] : given) as [number]));
    }
    static override now(): number {
      return System.now() + offset;
    }
  }
  globalThis.Date = Moved as DateConstructor;
  return {
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    restore: () => {
      globalThis.Date = System;
    },
  };
}

export const SECONDS = 1_000;
export const MINUTES = 60_000;
export const HOURS = 3_600_000;
export const DAYS = 86_400_000;
