import type { Account } from '../core/account.ts';
import type { AuditEvent } from '../core/door.ts';

/** Why the journey itself suspends a method; what a factor suspends says why in its own words. */
const BY_REPORT: ReadonlySet<string> = new Set(['report', 'voided']);

const isOfSignIn = (factor: unknown): boolean =>
  typeof factor === 'string' && factor !== 'new-password' && !factor.startsWith('enrol-');

/** What a person is told about, by the audit's events. `false` in the place of a kind: not this time. */
const TABLE: Readonly<Record<string, Kind | ((event: AuditEvent) => Kind | false)>> = {
  'credential.added': 'method-added',
  'credential.removed': 'method-removed',
  'credential.issued': 'method-issued',
  'credential.renewed': 'method-renewed',
  'credential.renamed': 'method-renamed',
  'credential.suspended': ({ reason }) => (BY_REPORT.has(String(reason)) ? 'method-reported' : 'method-suspended'),
  'credential.confirmed': 'method-confirmed',
  'credential.default-changed': 'default-changed',
  'device.remembered': 'device-remembered',
  'device.removed': 'device-removed',
  'device.theft': 'device-theft',
  'sessions.revoked': 'sessions-ended',
  'password.changed': 'password-changed',
  'user.password-set': 'password-changed',
  'user.disabled': 'account-disabled',
  'user.enabled': 'account-enabled',
  'helpdesk.issued': 'method-issued',
  'helpdesk.method-removed': 'method-removed',
  'helpdesk.method-confirmed': 'method-confirmed',
  'helpdesk.token-assigned': 'method-added',
  'helpdesk.unlocked': 'account-unlocked',
  'account.unlocked': 'account-unlocked',
  'helpdesk.sessions-ended': 'sessions-ended',
  'account.email-changed': 'address-changed',
  // What is set up in a moment, with a code or a password of one's own, is nobody else's to guess.
  'attempts.locked': ({ factor }) => (isOfSignIn(factor) ? 'attempts-locked' : false),
  'attempts.many': 'attempts-many',
  'attempts.stopped': 'attempts-stopped',
  'attempts.released': 'attempts-released',
  'report.made': 'report-made',
  'report.handled': 'report-handled',
  // A report says so itself.
  'hold.placed': ({ reason }) => (reason === 'report' ? false : 'password-due'),
};

export const KINDS = [
  'method-added',
  'method-removed',
  'method-issued',
  'method-renewed',
  'method-renamed',
  'method-suspended',
  'method-reported',
  'method-confirmed',
  'default-changed',
  'device-remembered',
  'device-removed',
  'device-theft',
  'sessions-ended',
  'password-changed',
  'password-due',
  'account-disabled',
  'account-enabled',
  'account-unlocked',
  'address-changed',
  'attempts-locked',
  'attempts-many',
  'attempts-stopped',
  'attempts-released',
  'report-made',
  'report-handled',
] as const;
export type Kind = (typeof KINDS)[number];

/** Who did it, as the person is told: never which agent. */
export type Doer = 'owner' | 'operator' | 'help-desk' | 'gateway';

/** What an account's owner is told by mail. */
export interface Notice {
  kind: Kind;
  /** Epoch milliseconds. */
  at: number;
  /** The owner's name. */
  name: string;
  by: Doer;
  /** Given by whoever did it in the owner's place. */
  reason?: string;
  factor?: string;
  ip?: string;
  userAgent?: string;
}

/** What strangers can cause: of these together, one letter a day. A graver one takes the place of one that waits. */
const SPACED: readonly Kind[] = ['attempts-locked', 'attempts-many', 'attempts-stopped'];

/** How grave it is among those that are told once a day at most; -1: it isn't one of them. */
export const gravity = (kind: Kind): number => SPACED.indexOf(kind);

/** Changes that nobody asks for. */
const OWN: ReadonlySet<Kind> = new Set<Kind>([
  'method-suspended',
  'method-reported',
  'device-theft',
  'address-changed',
  ...SPACED,
]);

function doerOf(kind: Kind, by: unknown): Doer {
  if (by === 'cli') return 'operator';
  if (OWN.has(kind)) return 'gateway';
  return by === undefined || by === 'owner' ? 'owner' : 'help-desk';
}

export interface Told {
  notice: Notice;
  /** Addresses, each of which gets it. */
  to: readonly string[];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export function kindOf(event: AuditEvent): Kind | undefined {
  const found = Object.hasOwn(TABLE, event.event) ? TABLE[event.event] : undefined;
  return (typeof found === 'function' ? found(event) : found) || undefined;
}

/** What an event tells the account's owner, and where; undefined where there is nowhere. */
export function noticeOf(event: AuditEvent, kind: Kind, account: Account, at: number): Told | undefined {
  const by = doerOf(kind, event.by);
  const others = by === 'operator' || by === 'help-desk';
  const [reason, factor, ip, userAgent] = [event.reason, event.factor, event.ip, event.userAgent].map(text);
  // Whoever reads the old mailbox must hear of it as well: it may be the owner, and the new one a thief's.
  const addresses = kind === 'address-changed' ? [event.previous, event.email].map(text) : [account.email];
  const to = [...new Set(addresses.filter((address) => address !== undefined))];
  if (to.length === 0) return undefined;
  return {
    to,
    notice: {
      ...{ kind, at, name: account.name, by },
      ...(reason && others ? { reason } : {}),
      ...(factor ? { factor } : {}),
      // Of an agent's browser the person is told nothing.
      ...(ip && !others ? { ip } : {}),
      ...(userAgent && !others ? { userAgent } : {}),
    },
  };
}
