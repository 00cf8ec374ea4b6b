import type { Metric, Registry } from 'prom-client';

/** What prom-client's registry asks a metric for. */
interface Told {
  name: string;
  help: string;
  type: 'histogram';
  aggregator: 'sum';
  values: { metricName: string; labels: Record<string, string | number>; value: number }[];
}

export interface DurationsOptions {
  name: string;
  help: string;
  /** Upper bounds, seconds, ascending. */
  buckets: readonly number[];
  registers: readonly Registry[];
}

/** What was counted under one set of labels. */
interface Series {
  labels: Readonly<Record<string, string>>;
  counts: number[];
  sum: number;
  count: number;
}

/** One set of labels, in whose bucket a duration is counted. */
export interface Duration {
  observe(seconds: number): void;
}

/**
 * A histogram whose label sets are found once, by whoever keeps them: each request asks its stores ten times, and
 * prom-client's own makes a text of the labels at each.
 */
export function durations({ name, help, buckets, registers }: DurationsOptions): {
  of(labels: Readonly<Record<string, string>>): Duration;
} {
  const kept = new Map<string, Series>();

  function told(): Told {
    const values = [...kept.values()].flatMap(({ labels, counts, sum, count }) => {
      let up = 0;
      const bounded = buckets.map((le, at) => {
        up += counts[at] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: up };
      });
      return [
        ...bounded,
        { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
        { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
        { metricName: `${name}_count`, labels: { ...labels }, value: count },
      ];
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  const metric = { name, help, get: async () => told() };
  // Its published type names its own classes alone; of any other it calls `get`.
  for (const registry of registers) registry.registerMetric(metric as unknown as Metric);

  return {
    of(labels) {
      const key = JSON.stringify(labels);
      const series = kept.get(key) ?? { labels, counts: buckets.map(() => 0), sum: 0, count: 0 };
      kept.set(key, series);
      return {
        observe(seconds) {
          let at = 0;
          while (at < buckets.length && seconds > (buckets[at] as number)) at += 1;
          if (at < buckets.length) series.counts[at] = (series.counts[at] as number) + 1;
          series.sum += seconds;
          series.count += 1;
        },
      };
    },
  };
}
