import type { AuditEvent } from '../core/door.ts';
import { createMemo } from '../core/memo.ts';

/** A value that JSON carries without loss. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What an event is in the audit: who, where, what, and further facts. */
export interface Facts {
  event: string;
  account?: string;
  application?: string;
  detail: { [key: string]: Json };
}

const SECRET = /^(?:password|secret|code|token|cookie)s?$/;
/** Longest text kept of one fact: some of it, as a user agent, is whatever a stranger sends. */
const LONGEST = 1_024;
const DEEPEST = 6;
const MOST_ITEMS = 100;

/** Whether a key names a secret by its last word: `password`, `userCode`, `access_token`, `Set-Cookie`. */
export const namesSecret = (key: string): boolean => known(key, isSecret) === 'secret';

/** The same few keys come with every event. */
const known = createMemo<string, 'secret' | 'fact'>(1_000);

function isSecret(key: string): 'secret' | 'fact' {
  const words = key.replace(/([a-z\d])([A-Z])/g, '$1 $2').split(/[^A-Za-z\d]+/);
  return SECRET.test((words.findLast((word) => word !== '') ?? '').toLowerCase()) ? 'secret' : 'fact';
}

/**
 * Makes an event fit to be kept. A fact named like a secret is left out, since failing the sign-in over it
 * would help nobody; `dropped` is told its key. Never throws: what JSON can't carry becomes text or is left out.
 */
export function factsOf({ event, account, application, ...rest }: AuditEvent, dropped: (key: string) => void): Facts {
  return {
    event: text(event),
    ...(account !== undefined && { account: text(account) }),
    ...(application !== undefined && { application: text(application) }),
    detail: plainObject(rest, dropped, 0),
  };
}

function plainObject(source: object, dropped: (key: string) => void, depth: number): { [key: string]: Json } {
  const kept: [string, Json][] = [];
  for (const [key, value] of Object.entries(source)) {
    if (namesSecret(key)) dropped(key);
    else {
      const json = plain(value, dropped, depth + 1);
      if (json !== undefined && kept.length < MOST_ITEMS) kept.push([text(key), json]);
    }
  }
  return Object.fromEntries(kept);
}

function plain(value: unknown, dropped: (key: string) => void, depth: number): Json | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return finite(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return undefined;
  if (value instanceof Date) return finite(value.getTime());
  // Also where a value contains itself.
  if (depth >= DEEPEST) return '…';
  if (value instanceof Set) return plain([...value], dropped, depth);
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => plain(item, dropped, depth + 1) ?? null);
  return plainObject(value, dropped, depth);
}

/** A number that JSON has, or its name: `NaN`, also for a date that is none. */
const finite = (value: number): Json => (Number.isFinite(value) ? value : String(value));

/** What nearly every text is. */
const USUAL = /^[\x20-\x7e]*$/;

/** Well-formed, without NUL (PostgreSQL keeps neither), and no longer than is useful. */
function text(value: string): string {
  const whole = String(value);
  if (whole.length <= LONGEST && USUAL.test(whole)) return whole;
  return whole.slice(0, LONGEST).toWellFormed().replaceAll('\0', '\ufffd');
}
