import { configuredId, INTERNAL_APPLICATIONS } from '../../core/application.ts';
import { upstreamOf } from '../../core/said.ts';
import type { Config } from '../config.ts';

/** What isn't configured: a stranger could otherwise make a time series of each name that they think of. */
export const OTHER = 'other';

type Label = (value: unknown) => string;

export type Configured = Pick<Config, 'applications' | 'directories' | 'factors' | 'senders'>;

/** Makes label values of ids: each set of them is as large as the configuration. */
export interface Labels {
  /** From now on. */
  configure(config: Configured): void;
  /** Members of a federation count for the application that stands for them. */
  application: Label;
  factor: Label;
  sender: Label;
}

export function createLabels(config: Configured): Labels {
  let { application, factor, sender } = labelsOf(config);
  return {
    configure(next) {
      ({ application, factor, sender } = labelsOf(next));
    },
    application: (id) => application(typeof id === 'string' ? configuredId(id) : id),
    factor: (id) => factor(id),
    sender: (id) => sender(id),
  };
}

const labelsOf = ({ applications, directories, factors, senders }: Configured) => ({
  application: among([...applications.keys(), ...INTERNAL_APPLICATIONS]),
  factor: among([...factors.keys(), ...[...directories.keys()].map(upstreamOf)]),
  sender: among([...senders.keys()]),
});

function among(ids: readonly string[]): Label {
  const known: ReadonlySet<unknown> = new Set(ids);
  return (value) => (known.has(value) ? String(value) : OTHER);
}
