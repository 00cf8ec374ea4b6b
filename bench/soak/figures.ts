import type { Cluster } from '../../test/support/cluster/open.ts';

/** A node at the end of a minute. */
export interface Look {
  /** MB in use by script, after a collection; of the whole process. */
  heap: number;
  rss: number;
  sockets: number;
  /** 99th percentile of a minute, milliseconds. */
  lag: number;
}

const MB = 2 ** 20;

export async function lookAt({ nodes }: Cluster): Promise<Look[]> {
  return Promise.all(
    nodes.map(async (node) => {
      const lag = (await node.metrics()).get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN;
      const { heap, rss, sockets } = await node.memory();
      return { heap: heap / MB, rss: rss / MB, sockets, lag: lag * 1_000 };
    }),
  );
}

/** Slope of the least squares' line through values that are one apart. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [over, under] = values.reduce<[number, number]>(
    ([up, down], value, at) => [up + (at - middle) * (value - mean), down + (at - middle) ** 2],
    [0, 0],
  );
  return under === 0 ? 0 : over / under;
}

/** Percentile of times, which are sorted by it. */
export function percentile(times: number[], share: number): number {
  times.sort((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
}
