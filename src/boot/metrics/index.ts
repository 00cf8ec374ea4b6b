import { Counter, collectDefaultMetrics, type MetricObject, Registry } from 'prom-client';
import type { WatchTrouble } from '../../accounts/index.ts';
import type { AuditEvent } from '../../core/door.ts';
import type { ArrivalMeter } from '../../core/listening.ts';
import type { WorkMeter } from '../../core/load.ts';
import type { EphemeralStore } from '../../core/store.ts';
import type { Trouble } from '../../core/trouble.ts';
import type { StoreStandings } from '../health/index.ts';
import type { StoreWatch } from '../observed/stores.ts';
import { countArrivals } from './arrivals.ts';
import { measureKept } from './census.ts';
import type { End } from './ends.ts';
import { countEvents } from './events.ts';
import { askedGauge } from './gauges.ts';
import { type Configured, createLabels, type Labels } from './labels.ts';
import { measureRequests, type RequestMeasures } from './requests.ts';
import { measureStores } from './stores.ts';
import { measureHashing } from './work.ts';

/** What is asked for whenever the metrics are read; each is cheap, and may fail. */
export interface Sources {
  /** Open event streams, and audit entries that wait to be written. */
  streams?(): number;
  audit?(): number;
  /** What ends by itself. */
  ends?(): Promise<readonly End[]>;
  /** How far the process is behind, milliseconds. */
  lag?(): number;
  /** How the stores stand. */
  stores?(): Promise<StoreStandings>;
  troubles?(): Promise<readonly Trouble[]>;
  directories?(): Promise<readonly WatchTrouble[]>;
  /** How many houses a directory leads to now. */
  houses?(): Promise<readonly { directory: string; count: number }[]>;
  /** How far this machine's clock is ahead of the database's, milliseconds. */
  ahead?(): number;
  /** What keeps sessions and remembered devices. */
  ephemeral?: Pick<EphemeralStore, 'census'>;
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
  /** Of a door's own ports. */
  arrivals(door: string): ArrivalMeter;
  /** Something new that there was no room for. */
  shed(what: 'begin' | 'request'): void;
  store: StoreWatch;
  watch(sources: Sources): void;
  /** Another configuration holds from now on: its ids are label values. */
  configure(config: Configured): void;
}

/** Every metric is in `docs/reference/metrics.md`; a label's values are the program's, or the configuration's. */
export function createMetrics(config: Configured, now: () => number): Metrics {
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
  measureKept(registers, sources, now);
  watchSizes(registers, sources);
  watchEnds(registers, labels, sources, now);
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
    arrivals: countArrivals(registers, labels),
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
  const ofDirectories = {
    name: 'sallyport_directory_trouble',
    help: 'What keeps those who leave a directory from being out without doing anything: 1 for each, by its state.',
    labelNames: ['directory', 'state'],
    aggregator: 'max' as const,
  };
  askedGauge(registers, ofDirectories, async () =>
    ((await sources.directories?.()) ?? []).map(({ directory, state }) => ({ labels: { directory, state }, value: 1 })),
  );
  const ofHouses = {
    name: 'sallyport_houses',
    help: 'How many houses people may come from by a directory; 0 while no metadata of it is in force.',
    labelNames: ['directory'],
    aggregator: 'min' as const,
  };
  askedGauge(registers, ofHouses, async () =>
    ((await sources.houses?.()) ?? []).map(({ directory, count }) => ({ labels: { directory }, value: count })),
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

/** Where nobody says, there is no value, rather than one that would look like nothing. */
const one = (value: number | undefined) => (value === undefined ? [] : [{ value }]);

function watchSizes(registers: Registry[], sources: Sources): void {
  const lag = 'By how much timers come late, on average over the last second.';
  askedGauge(registers, { name: 'sallyport_event_loop_lag_seconds', help: lag, aggregator: 'max' }, () => {
    const behind = sources.lag?.();
    return one(behind === undefined ? undefined : behind / 1000);
  });
  const streams = 'Event streams that are open, of pages that wait for an answer from elsewhere.';
  askedGauge(registers, { name: 'sallyport_streams', help: streams, aggregator: 'sum' }, () =>
    one(sources.streams?.()),
  );
  const audit = 'Entries of the audit that wait to be written.';
  askedGauge(registers, { name: 'sallyport_audit_waiting', help: audit, aggregator: 'sum' }, () =>
    one(sources.audit?.()),
  );
}

function watchEnds(registers: Registry[], { application }: Labels, sources: Sources, now: () => number): void {
  const about = {
    name: 'sallyport_ends_in_seconds',
    help: 'How long it is until something ends by itself; negative once it has ended.',
    labelNames: ['what', 'of'],
    aggregator: 'min' as const,
  };
  askedGauge(registers, about, async () => {
    const soonest = new Map<string, { labels: { what: string; of: string }; value: number }>();
    for (const { what, of, at } of (await sources.ends?.()) ?? []) {
      const labels = { what, of: what === 'metadata' ? application(of) : of };
      const key = `${labels.what} ${labels.of}`;
      const value = Math.min((at - now()) / 1000, soonest.get(key)?.value ?? Number.POSITIVE_INFINITY);
      soonest.set(key, { labels, value });
    }
    return [...soonest.values()];
  });
}
