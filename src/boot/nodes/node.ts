import { performance } from 'node:perf_hooks';
import type { Held } from '../../audit/index.ts';
import type { LogPort } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Holder, Leases } from './leases.ts';

/** What this process is called in the audit, and whether it still is. */
export interface Node {
  name: string;
  /** Rejects with ERR_STORE_UNAVAILABLE where the name may be another's by now. */
  held: Held;
  /** Throws ERR_STORE_UNAVAILABLE where it is known to be. */
  check(): void;
  /** Names of all processes that have one at this moment: servers, this one among them. */
  present(): Promise<string[]>;
  /** Called at each renewal, three times while a name lasts, where there are others. */
  onBeat(work: () => Promise<void>): void;
  /** Gives the name back. */
  close(): Promise<void>;
}

/** Where no other process can have the store: one that was killed left nothing to wait for. */
export const aloneAs = (name: string): Node => ({
  name,
  held: async () => {},
  check: () => {},
  present: async () => [name],
  onBeat: () => {},
  close: async () => {},
});

export interface Kept {
  leases: Leases;
  name: string;
  log: LogPort;
  /** Before the name was asked for. */
  asked: Moment;
}

/** Renews a name that was taken, three times while it lasts, and takes it again where it was lost and is free. */
export function keep({ leases, name, log, asked }: Kept): Node {
  const { lasts } = leases;
  let renewed = asked;
  let other: Holder | undefined;
  let failed = false;
  let running: Promise<void> | undefined;
  const works: (() => Promise<void>)[] = [];

  async function renew(): Promise<void> {
    const begun = momentNow();
    const found = await leases.take(name);
    if (found === undefined) renewed = begun;
    if (found && !other) log.error({ node: name, ...whoHas(found) }, 'another process has the name of this node');
    if (other && !found) log.warn({ node: name }, 'this node has its name again');
    other = found;
  }
  function once(): Promise<void> {
    running ??= renew().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function tick(): Promise<void> {
    try {
      await once();
      if (other === undefined) for (const work of works) await work();
      failed = false;
    } catch (error) {
      if (!failed) log.warn({ node: name, err: error }, 'the name of this node could not be renewed');
      failed = true;
    }
  }
  let ticking: Promise<void> | undefined;
  const timer = setInterval(() => {
    ticking ??= tick().finally(() => {
      ticking = undefined;
    });
  }, lasts / 3).unref();

  function check(): void {
    if (other === undefined) return;
    throw new SallyportError('ERR_STORE_UNAVAILABLE', `the node ${name} is another process by now: ${told(other)}`);
  }
  return {
    name,
    check,
    present: leases.present,
    onBeat: (work) => void works.push(work),
    async held(doubt) {
      check();
      // Some time before it is over: what is written then must have got there.
      if (doubt || since(renewed) >= (lasts * 2) / 3) await once();
      check();
    },
    async close() {
      clearInterval(timer);
      await ticking;
      await leases
        .release(name)
        .catch((error: unknown) => log.warn({ node: name, err: error }, 'the name of this node could not be released'));
    },
  };
}

const whoHas = ({ host, pid }: Holder) => ({ host, pid });

export const told = ({ host, pid }: Holder): string => `process ${pid} on ${host} has that name`;

/** By two clocks: one stands still while the machine sleeps, the other can be set back. */
export interface Moment {
  running: number;
  wall: number;
}

export const momentNow = (): Moment => ({ running: performance.now(), wall: Date.now() });

const since = ({ running, wall }: Moment): number => Math.max(performance.now() - running, Date.now() - wall);
