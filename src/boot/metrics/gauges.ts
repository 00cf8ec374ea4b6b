import { Gauge, type Registry } from 'prom-client';

export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

interface Asked {
  name: string;
  help: string;
  labelNames?: string[];
  /** How the values of several processes on one machine become one. */
  aggregator: 'sum' | 'min' | 'max';
}

/** A gauge that is asked for its values whenever it is read. One whose source fails has none: others are read all the same. */
export function askedGauge(
  registers: Registry[],
  about: Asked,
  read: () => Promise<readonly Sample[]> | readonly Sample[],
): void {
  new Gauge({
    ...about,
    registers,
    async collect() {
      const samples = await Promise.resolve()
        .then(read)
        .catch(() => []);
      this.reset();
      if (samples.length === 0 && !about.labelNames) this.remove();
      for (const { labels = {}, value } of samples) this.set({ ...labels }, value);
    },
  });
}
