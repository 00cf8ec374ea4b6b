import { createCheck, type Standing } from './check.ts';

/** A store that says nothing for so long is away: orchestrators wait for a few seconds at most. Milliseconds. */
const WITHIN = 2_000;

/** What must stand for a request to be served. */
export interface Needed {
  durable(): Promise<void>;
  ephemeral(): Promise<void>;
  /** Throws where this process isn't the node any more that it was started as. */
  node(): void;
}

export type StoreStandings = Record<'durable' | 'ephemeral', Standing>;

export interface Report {
  ready: boolean;
  /** What isn't, in one line. */
  reason?: string;
  checks: StoreStandings & {
    node: Standing & { name: string };
    process: { state: 'serving' | 'draining'; since: number };
  };
}

export interface Health {
  /** Never rejects, and answers within a bounded time, whatever hangs. */
  report(): Promise<Report>;
  stores(): Promise<StoreStandings>;
  /** From now on it isn't ready: requests under way end, and no others are to come. */
  drain(): void;
}

export interface HealthOptions {
  name: string;
  now(): number;
  within?: number;
}

export function createHealth(needed: Needed, { name, now, within = WITHIN }: HealthOptions): Health {
  const looks = { now, within };
  const durable = createCheck(needed.durable, looks);
  const ephemeral = createCheck(needed.ephemeral, looks);
  const node = createCheck(async () => needed.node(), looks);
  let serving: { state: 'serving' | 'draining'; since: number } = { state: 'serving', since: now() };

  async function stores(): Promise<StoreStandings> {
    const [first, second] = await Promise.all([durable(), ephemeral()]);
    return { durable: first, ephemeral: second };
  }

  return {
    stores,
    async report() {
      const [both, own] = await Promise.all([stores(), node()]);
      const checks = { ...both, node: { name, ...own }, process: serving };
      const down = Object.entries({ ...both, node: own }).flatMap(([what, { state, reason = '' }]) =>
        state === 'down' ? [`${what}: ${reason}`] : [],
      );
      if (serving.state === 'draining') down.push('process: it is about to end');
      return { ready: down.length === 0, ...(down.length > 0 && { reason: down.join('; ') }), checks };
    },
    drain() {
      if (serving.state === 'serving') serving = { state: 'draining', since: now() };
    },
  };
}
