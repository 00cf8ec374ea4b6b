import { configuredId, INTERNAL_APPLICATIONS } from '../../core/application.ts';
import type { Config } from '../config.ts';

/** What isn't configured: a stranger could otherwise make a time series of each name that they think of. */
export const OTHER = 'other';

type Label = (value: unknown) => string;

/** Makes label values of ids: each set of them is as large as the configuration. */
export interface Labels {
  /** Members of a federation count for the application that stands for them. */
  application: Label;
  factor: Label;
  sender: Label;
}

export function labelsOf({
  applications,
  factors,
  senders,
}: Pick<Config, 'applications' | 'factors' | 'senders'>): Labels {
  const known = among([...applications.keys(), ...INTERNAL_APPLICATIONS]);
  return {
    application: (id) => known(typeof id === 'string' ? configuredId(id) : id),
    factor: among([...factors.keys()]),
    sender: among([...senders.keys()]),
  };
}

function among(ids: readonly string[]): Label {
  const known: ReadonlySet<unknown> = new Set(ids);
  return (value) => (known.has(value) ? String(value) : OTHER);
}
