import type { Account } from '../core/account.ts';
import type { AuditEvent } from '../core/door.ts';
import { isUpstream } from '../core/said.ts';

/** Why the journey itself suspends a method; what a factor suspends says why in its own words. */
const BY_REPORT: ReadonlySet<string> = new Set(['report', 'voided']);

const isOfSignIn = (factor: unknown): boolean =>
  typeof factor === 'string' && factor !== 'new-password' && !factor.startsWith('enrol-');

/** Another house, linked to the account: no method that somebody set up. */
const isLink = ({ factor }: AuditEvent): boolean => typeof factor === 'string' && isUpstream({ factor });

const removed = (event: AuditEvent) => (isLink(event) ? 'link-removed' : 'method-removed');

/** What a person is told about, by the audit's events. `false` in the place of a kind: not this time. */
const TABLE: Readonly<Record<string, Kind | ((event: AuditEvent) => Kind | false)>> = {
  'credential.added': (event) => (isLink(event) ? 'link-added' : 'method-added'),
  'credential.removed': removed,
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
  'password.changed': ({ reset }) => (reset === undefined ? 'password-changed' : 'password-reset'),
  'contact.added': 'contact-added',
  'contact.removed': 'contact-removed',
  'questions.set': 'questions-set',
  'questions.removed': 'questions-removed',
  'user.password-set': 'password-changed',
  'password.reminded': 'password-expiring',
  'password.expired': 'password-expired',
  'method.ending': 'method-ending',
  'campaign.told': ({ before }) => (before === undefined ? 'move-begun' : 'move-ending'),
  'reset.begun': 'reset-begun',
  'sign-in.new-place': 'place-new',
  'user.disabled': 'account-disabled',
  'user.enabled': 'account-enabled',
  'helpdesk.issued': 'method-issued',
  'helpdesk.method-removed': removed,
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
  'link-added',
  'link-removed',
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
  'password-expiring',
  'password-expired',
  'method-ending',
  'move-begun',
  'move-ending',
  'reset-begun',
  'password-reset',
  'contact-added',
  'contact-removed',
  'questions-set',
  'questions-removed',
  'place-new',
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
  /** When a lock ends, epoch milliseconds. */
  until?: number;
  /** When the password expires, or did, epoch milliseconds. */
  expires?: number;
  /** From when on the method counts no more, epoch milliseconds. */
  ends?: number;
  /** No further one of its kind goes out on this day. */
  last?: true;
}

/** What strangers can cause: of these together, one letter a day. A graver one takes the place of one that waits. */
const SPACED: readonly Kind[] = ['attempts-locked', 'attempts-many', 'attempts-stopped'];

/** How grave it is among those that are told once a day at most; -1: it isn't one of them. */
export const gravity = (kind: Kind): number => SPACED.indexOf(kind);

/** Letters of one kind to one account in a day. What is rare and grave is never crowded out by what is neither. */
const MOST = 10;
const FEWER: Readonly<Partial<Record<Kind, number>>> = { 'reset-begun': 3, 'place-new': 5 };

/** What changes nothing of how safe an account is: of these together as many as of one other kind. */
const SLIGHT: ReadonlySet<Kind> = new Set<Kind>([
  'method-renewed',
  'method-renamed',
  'default-changed',
  'device-remembered',
  'device-removed',
]);

/** What a letter is counted as, and how many of that go to an account in a day. */
export function shareOf(kind: Kind): { of: string; most: number } {
  return { of: SLIGHT.has(kind) ? 'slight' : kind, most: FEWER[kind] ?? MOST };
}

/** Changes that nobody asks for. */
const OWN: ReadonlySet<Kind> = new Set<Kind>([
  'method-suspended',
  'method-reported',
  'device-theft',
  'address-changed',
  'password-expiring',
  'password-expired',
  'method-ending',
  'move-begun',
  'move-ending',
  ...SPACED,
]);

/** What to do, where it isn't what is said of any change: to nothing, or to all, where it wasn't the owner. */
const ADVICE: Readonly<Partial<Record<Kind, Advice>>> = {
  'attempts-locked': 'wait',
  'password-expiring': 'expiring',
  'password-expired': 'expired',
  'method-ending': 'ending',
  'move-begun': 'ending',
  'move-ending': 'ending',
  'password-due': 'expired',
  'reset-begun': 'reset',
  // It has left the owner nothing to sign in with.
  'password-reset': 'replaced',
};

export type Advice = 'you' | 'agreed' | 'wait' | 'expiring' | 'expired' | 'ending' | 'reset' | 'replaced';

/** Names the sentences that say what to do. */
export function adviceOf({ kind, by }: Pick<Notice, 'kind' | 'by'>): Advice {
  return ADVICE[kind] ?? (by === 'owner' ? 'you' : 'agreed');
}

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
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Names a letter that is written once, however often its event is told; undefined: each time. */
export function onceOf(kind: Kind, { account, campaign, ends, before }: AuditEvent): string | undefined {
  return campaign === undefined ? undefined : JSON.stringify([kind, campaign, ends, before, account]);
}

export function kindOf(event: AuditEvent): Kind | undefined {
  const found = Object.hasOwn(TABLE, event.event) ? TABLE[event.event] : undefined;
  return (typeof found === 'function' ? found(event) : found) || undefined;
}

/** What an event tells the account's owner, who is reached at `addresses`; undefined where there is none. */
export function noticeOf(
  event: AuditEvent,
  kind: Kind,
  { account, addresses, at }: { account: Account; addresses: readonly string[]; at: number },
): Told | undefined {
  const by = doerOf(kind, event.by);
  const others = by === 'operator' || by === 'help-desk';
  const [reason, factor, ip, userAgent] = [event.reason, event.factor, event.ip, event.userAgent].map(text);
  const [until, expires, ends] = [event.until, event.expires, event.ends].map(number);
  // Whoever reads the old mailbox must hear of it as well: it may be the owner, and the new one a thief's.
  const changed = kind === 'address-changed' ? [event.previous, event.email].map(text) : [];
  const to = [...new Set([...changed, ...addresses].filter((address) => address !== undefined))];
  if (to.length === 0) return undefined;
  return {
    to,
    notice: {
      // Of a sign-in its owner may be told later than it was.
      ...{ kind, at: number(event.signedInAt) ?? at, name: account.name, by },
      ...(reason && others ? { reason } : {}),
      ...(factor ? { factor } : {}),
      ...(until && kind === 'attempts-locked' ? { until } : {}),
      ...(expires ? { expires } : {}),
      ...(ends ? { ends } : {}),
      // Of an agent's browser the person is told nothing.
      ...(ip && !others ? { ip } : {}),
      ...(userAgent && !others ? { userAgent } : {}),
    },
  };
}
