import { INTERNAL_APPLICATIONS } from '../../core/application.ts';
import { upstreamOf } from '../../core/said.ts';
import type { Known } from '../../statistics/index.ts';
import type { Config } from '../config.ts';

/** What statistics tell apart. */
export function knownIn({
  applications,
  factors,
  directories,
  senders,
  doors,
  helpDesk,
}: Pick<Config, 'applications' | 'factors' | 'directories' | 'senders' | 'doors' | 'helpDesk'>): Known {
  return {
    applications: new Set([...applications.keys(), ...INTERNAL_APPLICATIONS]),
    factors: new Set([...factors.keys(), ...[...directories.keys()].map(upstreamOf)]),
    directories: new Set(directories.keys()),
    senders: new Set(senders.keys()),
    doors: new Set(doors.keys()),
    groups: new Set(helpDesk?.agents.flatMap(({ over }) => over.groups)),
  };
}
