import { configuredId } from '../../core/application.ts';
import type { CountKind, CountRow } from '../../core/counts.ts';
import type { AuditEvent } from '../../core/door.ts';
import type { Reported } from '../../core/reported.ts';
import { reasonOf } from './reasons.ts';

export const HOUR = 3_600_000;

/** What isn't in the configuration: whatever strangers send, there are no more rows than for what is. */
export const OTHER = 'other';

/** Ids that are told apart. */
export interface Known {
  applications: ReadonlySet<string>;
  factors: ReadonlySet<string>;
  directories: ReadonlySet<string>;
  senders: ReadonlySet<string>;
  doors: ReadonlySet<string>;
  /** Whose sign-ins are counted by themselves as well. */
  groups: ReadonlySet<string>;
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

const LOCKS: Readonly<Record<string, string>> = { 'attempts.locked': 'locked', 'attempts.stopped': 'stopped' };
const NOT_ME = ['sign-in', 'request'];

/**
 * Where an event of the audit is counted; nowhere with none. A sign-in's directory, and its groups, are for the caller
 * to know.
 */
export function countedIn(event: AuditEvent, at: number, known: Known): Counted[] {
  const hour = at - (at % HOUR);
  const row = (kind: CountKind, outcome: string, more: Partial<Counted> = {}): Counted => ({
    ...{ at: hour, kind, outcome, method: '', application: '', provider: '', country: '', ...more },
  });
  const { event: name, application: id, factor } = event;
  const application = id === undefined ? '' : among(known.applications, configuredId(id));
  const lock = LOCKS[name];
  if (lock !== undefined) return [row('lock', lock, { application, method: methodOf(event, known) })];
  if (name === 'report.made') {
    const { what, application: about } = reportedIn(event);
    const where = typeof about === 'string' ? among(known.applications, configuredId(about)) : '';
    return [row('not-me', what, { application: where, method: methodOf(event, known) })];
  }
  const outcome = OUTCOMES[name];
  if (outcome === undefined) return [];
  if (name.startsWith('sign-in.')) return signInRows(row, event, { outcome, application, known });
  const kind = CHANNELS.find((channel) => channel === event.channel);
  if (kind === undefined) return [];
  return [
    row(kind, outcome, {
      method: factor === undefined ? 'notice' : among(known.factors, factor),
      provider: among(known.senders, event.sender),
      country: event.country === undefined ? '' : countryOf(event.country),
    }),
  ];
}

/** A sign-in, and what else is counted of it. */
function signInRows(
  row: (kind: CountKind, outcome: string, more: Partial<Counted>) => Counted,
  event: AuditEvent,
  { outcome, application, known }: { outcome: string; application: string; known: Known },
): Counted[] {
  const by = { application, method: methodOf(event, known) };
  return [
    row('sign-in', outcome, by),
    ...(outcome === 'completed'
      ? []
      : [row('failure', outcome, { ...by, method: reasonOf(event.event, event.reason) })]),
    ...(event.door === undefined ? [] : [row('door', outcome, { ...by, provider: among(known.doors, event.door) })]),
    ...(event.remembered === true ? [row('remembered', outcome, by)] : []),
  ];
}

function reportedIn({ reported }: AuditEvent): { what: string; application?: unknown } {
  const { what, application } = (
    typeof reported === 'object' && reported !== null ? reported : {}
  ) as Partial<Reported>;
  return { what: NOT_ME.find((one) => one === what) ?? OTHER, application };
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
