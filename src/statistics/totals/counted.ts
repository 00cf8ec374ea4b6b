import { configuredId } from '../../core/application.ts';
import type { CountKind, CountRow } from '../../core/counts.ts';
import type { AuditEvent } from '../../core/door.ts';

export const HOUR = 3_600_000;

/** What isn't in the configuration: whatever strangers send, there are no more rows than for what is. */
export const OTHER = 'other';

/** Ids that are told apart. */
export interface Known {
  applications: ReadonlySet<string>;
  factors: ReadonlySet<string>;
  directories: ReadonlySet<string>;
  senders: ReadonlySet<string>;
}

/** A row without its number. */
export type Counted = Omit<CountRow, 'count'>;

const OUTCOMES: Readonly<Record<string, string>> = {
  'sign-in.completed': 'completed',
  'sign-in.refused': 'wrong',
  'sign-in.locked': 'locked',
  'sign-in.denied': 'denied',
  'message.sent': 'sent',
  'message.failed': 'failed',
};

const CHANNELS: readonly CountKind[] = ['text', 'mail'];
/** Steps of one sign-in that are told apart. */
const MOST_STEPS = 4;

/** Where an event of the audit is counted; undefined where it isn't. A sign-in's directory is for the caller to know. */
export function countedIn(event: AuditEvent, at: number, known: Known): Counted | undefined {
  const outcome = OUTCOMES[event.event];
  if (outcome === undefined) return undefined;
  const hour = at - (at % HOUR);
  if (event.event.startsWith('sign-in.')) {
    const { application } = event;
    return {
      ...{ at: hour, kind: 'sign-in', outcome, method: methodOf(event, known), provider: '', country: '' },
      application: application === undefined ? '' : among(known.applications, configuredId(application)),
    };
  }
  const kind = CHANNELS.find((channel) => channel === event.channel);
  if (kind === undefined) return undefined;
  return {
    ...{ at: hour, kind, outcome, application: '' },
    method: event.factor === undefined ? 'notice' : among(known.factors, event.factor),
    provider: among(known.senders, event.sender),
    country: event.country === undefined ? '' : countryOf(event.country),
  };
}

/** In the order in which they were shown: `first+second`. */
function methodOf({ factor, factors }: AuditEvent, known: Known): string {
  if (Array.isArray(factors)) {
    const steps = [...new Set(factors.map((one) => among(known.factors, one)))];
    return steps.length > MOST_STEPS ? OTHER : steps.join('+');
  }
  return factor === undefined ? '' : among(known.factors, factor);
}

function among(known: ReadonlySet<string>, id: unknown): string {
  return typeof id === 'string' && known.has(id) ? id : OTHER;
}

function countryOf(value: unknown): string {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : OTHER;
}
