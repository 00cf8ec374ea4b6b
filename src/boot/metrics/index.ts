import { Counter, collectDefaultMetrics, type MetricObject, Registry } from 'prom-client';
import type { AuditEvent } from '../../core/door.ts';
import type { WorkMeter } from '../../core/load.ts';
import type { Trouble } from '../../core/trouble.ts';
import type { StoreStandings } from '../health/index.ts';
import type { StoreWatch } from '../observed/stores.ts';
import { countEvents } from './events.ts';
import { askedGauge } from './gauges.ts';
import { type Configured, createLabels, type Labels } from './labels.ts';
import { measureRequests, type RequestMeasures } from './requests.ts';
import { measureStores } from './stores.ts';
import { measureHashing } from './work.ts';

/** What is asked for whenever the metrics are read; each is cheap, and may fail. */
export interface Sources {
  /** How far the process is behind, milliseconds. */
  lag?(): number;
  /** How the stores stand. */
  stores?(): Promise<StoreStandings>;
  troubles?(): Promise<readonly Trouble[]>;
  /** How far this machine's clock is ahead of the database's, milliseconds. */
  ahead?(): number;
}

/** What is measured, and how it is read. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** As another process can join it with its own. */
  json(): Promise<MetricObject[]>;
  /** An event that the audit has heard. */
  count(event: AuditEvent): void;
  countStrangers(fate: string, by: number): void;
  requests: RequestMeasures;
  hashing(directory: string): WorkMeter;
  /** Something new that there was no room for. */
  shed(what: 'begin' | 'request'): void;
  store: StoreWatch;
  watch(sources: Sources): void;
  /** Another configuration holds from now on: its ids are label values. */
  configure(config: Configured): void;
}

/** Every metric is in `docs/reference/metrics.md`; a label's values are the program's, or the configuration's. */
export function createMetrics(config: Configured): Metrics {
  const labels = createLabels(config);
  const registry = new Registry();
  const registers = [registry];
  const sources: Sources = {};
  collectDefaultMetrics({ register: registry });
  const strangers = new Counter({
    name: 'sallyport_strangers_total',
    help: 'What people not known yet would have had kept: refused, displaced by the same address, or crowded out.',
    labelNames: ['fate'],
    registers,
  });
  const shed = new Counter({
    name: 'sallyport_shed_total',
    help: 'What was refused at once, to come again: requests that there was no room for, and sign-ins that wanted to begin.',
    labelNames: ['what'],
    registers,
  });
  askedGauge(
    registers,
    {
      name: 'sallyport_event_loop_lag_seconds',
      help: 'By how much timers come late, on average over the last second.',
      aggregator: 'max',
    },
    () => (sources.lag ? [{ value: sources.lag() / 1000 }] : []),
  );
  watchTroubles(registers, labels, sources);
  watchStores(registers, sources);
  watchClock(registers, sources);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    json: async () => (await registry.getMetricsAsJSON()) as MetricObject[],
    count: countEvents(registers, labels),
    countStrangers: (fate, by) => strangers.inc({ fate }, by),
    requests: measureRequests(registers),
    hashing: measureHashing(registers),
    shed: (what) => shed.inc({ what }),
    store: measureStores(registers),
    configure: labels.configure,
    watch: (more) => void Object.assign(sources, more),
  };
}

function watchTroubles(registers: Registry[], { application }: Labels, sources: Sources): void {
  const about = {
    name: 'sallyport_application_trouble',
    help: 'What others write or serve keeps an application from working, or soon will: 1 for each, by its state.',
    labelNames: ['application', 'state'],
    aggregator: 'max' as const,
  };
  askedGauge(registers, about, async () =>
    ((await sources.troubles?.()) ?? []).map(({ application: id, state }) => ({
      labels: { application: application(id), state },
      value: 1,
    })),
  );
}

function watchStores(registers: Registry[], sources: Sources): void {
  const about = {
    name: 'sallyport_store_up',
    help: 'Whether a store can be written to: 1, or 0. It is looked at when this is read.',
    labelNames: ['store'],
    aggregator: 'min' as const,
  };
  askedGauge(registers, about, async () =>
    Object.entries((await sources.stores?.()) ?? {}).map(([store, { state }]) => ({
      labels: { store },
      value: state === 'up' ? 1 : 0,
    })),
  );
}

function watchClock(registers: Registry[], sources: Sources): void {
  const about = {
    name: 'sallyport_clock_offset_seconds',
    help: 'How far this machine’s clock is ahead of the database’s; behind where negative.',
    aggregator: 'max' as const,
  };
  askedGauge(registers, about, () => (sources.ahead ? [{ value: sources.ahead() / 1000 }] : []));
}
