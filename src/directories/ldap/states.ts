import type { Entry } from 'ldapts';
import type { AccountStatus } from '../../core/account.ts';
import type { PasswordState } from '../../core/directory.ts';
import { fileTimeOf, textOf, timeOf } from './values.ts';

/** How a person stands, why, and how their password does. */
export interface State {
  status: AccountStatus;
  reason?: string;
  password?: PasswordState;
}

/** After how many wrong passwords a directory locks, and for how long, milliseconds. */
export interface Locking {
  lockoutThreshold?: number | undefined;
  lockoutWindow: number;
}

/** What tells it, and how it is read, at `now`. */
export interface StateReader {
  /** Operational ones too: they come only where they are asked for by name. */
  attributes: readonly string[];
  /** When the password was changed, epoch milliseconds; undefined where it isn't told. */
  passwordChangedAt(entry: Entry): number | undefined;
  read(entry: Entry, now: number, locking: Locking): State;
}

const ACTIVE: State = { status: 'active' };

function isPast(at: number | undefined, now: number): at is number {
  return at !== undefined && at <= now;
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** userAccountControl, MS-ADTS section 2.2.16. */
const UAC = { disabled: 0x2, passwordNotRequired: 0x20, neverExpires: 0x1_0000, smartcard: 0x4_0000 } as const;
const COMPUTED = { locked: 0x10, passwordExpired: 0x80_0000 } as const;

const activeDirectory: StateReader = {
  attributes: ['userAccountControl', 'msDS-User-Account-Control-Computed', 'accountExpires', 'pwdLastSet'],
  passwordChangedAt: (entry) => fileTimeOf(textOf(entry, 'pwdLastSet')),
  read(entry, now) {
    const written = textOf(entry, 'userAccountControl');
    // Every person has one: who doesn't show it may be disabled. Nothing opens, and nothing ends by what isn't known.
    if (written === undefined) return { status: 'locked', reason: 'userAccountControl: may not be read' };
    const control = Number(written);
    const computed = Number(textOf(entry, 'msDS-User-Account-Control-Computed') ?? 0);
    const ends = fileTimeOf(textOf(entry, 'accountExpires'));
    const mustChange = textOf(entry, 'pwdLastSet') === '0' && (control & (UAC.neverExpires | UAC.smartcard)) === 0;
    const password = mustChange ? 'must-change' : computed & COMPUTED.passwordExpired ? 'expired' : 'usable';
    if (control & UAC.disabled) return { status: 'disabled', reason: 'userAccountControl: disabled', password };
    if (isPast(ends, now)) return { status: 'expired', reason: `accountExpires: ${day(ends)}`, password };
    if (computed & COMPUTED.locked) return { status: 'locked', reason: 'lockoutTime: locked', password };
    return { ...ACTIVE, password };
  },
};

/** What an administrator locks for good (draft-behera-ldap-password-policy-10 section 5.3.3). */
const FOR_GOOD = '000001010000Z';

const openldap: StateReader = {
  attributes: ['pwdAccountLockedTime', 'pwdReset', 'pwdEndTime', 'pwdStartTime', 'pwdChangedTime'],
  passwordChangedAt: (entry) => timeOf(textOf(entry, 'pwdChangedTime')),
  read(entry, now, { lockoutWindow }) {
    const [ends, begins] = [timeOf(textOf(entry, 'pwdEndTime')), timeOf(textOf(entry, 'pwdStartTime'))];
    const password = textOf(entry, 'pwdReset') === 'TRUE' ? ({ password: 'must-change' } as const) : {};
    const locked = textOf(entry, 'pwdAccountLockedTime');
    if (locked === FOR_GOOD) return { status: 'disabled', reason: 'pwdAccountLockedTime: for good', ...password };
    if (isPast(ends, now)) return { status: 'expired', reason: `pwdEndTime: ${day(ends)}`, ...password };
    if (begins !== undefined && begins > now)
      return { status: 'disabled', reason: `pwdStartTime: ${day(begins)}`, ...password };
    // It stays there until a password is right again.
    const since = timeOf(locked);
    if (since !== undefined && now < since + lockoutWindow)
      return { status: 'locked', reason: 'pwdAccountLockedTime', ...password };
    return { ...ACTIVE, ...password };
  },
};

/**
 * Of the password the server says all where it is checked. `passwordExpirationTime` doesn't: a time stays there where
 * passwords no longer expire, and one second of the epoch after a change (NOT_FIRST_TIME in the server's source).
 */
const ds389: StateReader = {
  attributes: ['nsAccountLock', 'accountUnlockTime', 'pwdUpdateTime'],
  passwordChangedAt: (entry) => timeOf(textOf(entry, 'pwdUpdateTime')),
  read(entry, now) {
    if (textOf(entry, 'nsAccountLock')?.toLowerCase() === 'true')
      return { status: 'disabled', reason: 'nsAccountLock' };
    const unlocks = timeOf(textOf(entry, 'accountUnlockTime'));
    // The beginning of time stands for no end (NO_TIME, where `passwordUnlock` is off).
    if (unlocks !== undefined && (unlocks > now || unlocks === 0))
      return { status: 'locked', reason: 'accountUnlockTime' };
    return ACTIVE;
  },
};

/** Wrong passwords after which FreeIPA locks, as it is installed. */
const FREEIPA_FAILURES = 6;

/** By wrong passwords, and not unlocked since (krb5's lockout.c). */
function isLockedByFailures(entry: Entry, now: number, { lockoutThreshold, lockoutWindow }: Locking): boolean {
  const [last, unlocked = 0] = [
    timeOf(textOf(entry, 'krbLastFailedAuth')),
    timeOf(textOf(entry, 'krbLastAdminUnlock')),
  ];
  if (last === undefined || last <= unlocked || now >= last + lockoutWindow) return false;
  return Number(textOf(entry, 'krbLoginFailedCount') ?? 0) >= (lockoutThreshold ?? FREEIPA_FAILURES);
}

const freeipa: StateReader = {
  attributes: [
    ...['nsAccountLock', 'krbPrincipalExpiration', 'krbPasswordExpiration', 'krbLastPwdChange'],
    ...['krbLoginFailedCount', 'krbLastFailedAuth', 'krbLastAdminUnlock'],
  ],
  passwordChangedAt: (entry) => timeOf(textOf(entry, 'krbLastPwdChange')),
  read(entry, now, locking) {
    const ends = timeOf(textOf(entry, 'krbPrincipalExpiration'));
    const password = isPast(timeOf(textOf(entry, 'krbPasswordExpiration')), now)
      ? ({ password: 'expired' } as const)
      : {};
    if (textOf(entry, 'nsAccountLock')?.toLowerCase() === 'true')
      return { status: 'disabled', reason: 'nsAccountLock', ...password };
    if (isPast(ends, now)) return { status: 'expired', reason: `krbPrincipalExpiration: ${day(ends)}`, ...password };
    if (isLockedByFailures(entry, now, locking))
      return { status: 'locked', reason: 'krbLoginFailedCount', ...password };
    return { ...ACTIVE, ...password };
  },
};

export const STATES = { 'active-directory': activeDirectory, openldap, '389-ds': ds389, freeipa } as const;
