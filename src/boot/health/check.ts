import { SallyportError } from '../../core/errors.ts';

/** How something that is needed stands, as of the last look. */
export interface Standing {
  state: 'up' | 'down';
  /** When it came to be so, epoch milliseconds. */
  since: number;
  /** How long the last look took, milliseconds; of one that isn't answered yet, how long it has been waited for. */
  latency: number;
  /** Where it is down, in words for operators, without secrets. */
  reason?: string;
}

export interface CheckOptions {
  now(): number;
  /** Milliseconds after which a look that has no answer counts as down. */
  within: number;
}

/**
 * Looks whether something stands. Whoever asks while one looks shares that look, and one that hangs isn't begun a second
 * time beside itself: however many ask, and however long a store is silent, it has one question to answer.
 */
export function createCheck(probe: () => Promise<void>, { now, within }: CheckOptions): () => Promise<Standing> {
  let looking: { begun: number; end: Promise<Ended> } | undefined;
  let asked: Promise<Standing> | undefined;
  let last: Standing | undefined;

  function look() {
    const end = Promise.resolve()
      .then(probe)
      .then(
        (): Ended => ({ state: 'up' }),
        (error: unknown): Ended => ({ state: 'down', reason: reasonOf(error) }),
      )
      .finally(() => {
        looking = undefined;
      });
    return { begun: performance.now(), end };
  }

  async function once(): Promise<Standing> {
    looking ??= look();
    const { begun, end } = looking;
    const ended = await inTime(end, within);
    const latency = Math.round((performance.now() - begun) * 10) / 10;
    const since = last?.state === ended.state ? last.since : now();
    last = { ...ended, since, latency };
    return last;
  }

  return () => {
    asked ??= once().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

type Ended = Pick<Standing, 'state' | 'reason'>;

async function inTime(end: Promise<Ended>, within: number): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<Ended>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'down', reason: `no answer within ${within} ms` }), within);
  });
  try {
    return await Promise.race([end, silent]);
  } finally {
    clearTimeout(timer);
  }
}

/** What our own errors say; of others' nothing is known, and their messages may hold anything. */
function reasonOf(error: unknown): string {
  const said = error instanceof SallyportError ? error.message : 'it failed: the log says how';
  // Nobody writes such a thing on purpose.
  return said.replaceAll(/\/\/[^/@\s]*@/g, '//');
}
