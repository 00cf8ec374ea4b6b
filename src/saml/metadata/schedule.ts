const LONGEST_TIMER = 2 ** 31 - 1;

/** Runs something again and again, each time so long after it has ended. */
export interface Schedule {
  close(): void;
}

/**
 * `next` answers after how many milliseconds the next run begins; up to a tenth more or less is added, so that many
 * gateways don't ask at the same moment. A timer here keeps no process from ending.
 */
export function schedule(run: () => Promise<void>, next: () => number, random: () => number): Schedule {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const plan = () => {
    if (closed) return;
    const wait = next() * (0.9 + 0.2 * random());
    timer = setTimeout(() => void run().finally(plan), Math.min(wait, LONGEST_TIMER)).unref();
  };
  plan();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** A number from 0 up to 1 of random bytes. */
export function fraction(random: (bytes: number) => Uint8Array): number {
  return Buffer.from(random(4)).readUInt32BE() / 2 ** 32;
}
