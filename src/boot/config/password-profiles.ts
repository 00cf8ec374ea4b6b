import {
  BUILT_IN,
  type BuiltInName,
  type GivenProfile,
  type PasswordPolicy,
  type PasswordProfile,
  WITH_SECOND_FACTOR,
} from '../../accounts/passwords/index.ts';
import type { Parsed } from './schema.ts';
import type { WrittenProfile } from './sections/passwords.ts';

type Written = Parsed['passwordPolicy'];

/** What a profile is called that another one may begin from. */
const baseOf = (name: string, { like }: WrittenProfile): BuiltInName =>
  like ?? (Object.hasOwn(BUILT_IN, name) ? (name as BuiltInName) : 'nist');

/** The section with all that it leaves out. `names`: what the service is called. */
export function passwordPolicyOf(written: Written, names: readonly string[]): PasswordPolicy {
  const { default: fallback, adopt, spread } = written;
  return {
    profiles: new Map(Object.entries(withDefault(written)).map(([name, one]) => [name, givenOf(name, one, written)])),
    ...{ default: fallback, adopt, spread, names: [...names, ...written.names] },
  };
}

/** The default may be one of those that need no configuration. */
function withDefault({ default: fallback, profiles }: Written): Record<string, WrittenProfile> {
  return Object.hasOwn(BUILT_IN, fallback) ? { [fallback]: {}, ...profiles } : profiles;
}

/** One profile as written, with what it begins from. */
export function givenOf(name: string, one: WrittenProfile, { minimum }: Pick<Written, 'minimum'>): GivenProfile {
  const { expiry } = one;
  const enforcedGroups = typeof expiry === 'object' ? expiry.enforcedGroups : undefined;
  return {
    profile: profileOf(name, one, minimum),
    ...(one.groups && { groups: one.groups }),
    ...(enforcedGroups && { enforcedGroups }),
  };
}

function profileOf(name: string, one: WrittenProfile, nistMinimum: number | undefined): PasswordProfile {
  const base = baseOf(name, one);
  const { expiry: _, lockout: __, ...from } = BUILT_IN[base];
  const secondFactor = one.secondFactor === undefined ? from.secondFactor : one.secondFactor === 'always';
  const fewest = base === 'nist' ? (secondFactor ? WITH_SECOND_FACTOR : nistMinimum) : undefined;
  const expiry = expiryOf(base, one);
  const lockout = lockoutOf(base, one);
  return {
    ...from,
    names: [name],
    length: {
      minimum: one.minimum ?? fewest ?? from.length.minimum,
      maximum: one.maximum ?? from.length.maximum,
    },
    bytes: one.bytes ?? from.bytes,
    composition: one.composition ?? from.composition,
    characters: one.characters ?? from.characters,
    blocklists: one.blocklists ?? from.blocklists,
    history: one.history ?? from.history,
    ...(expiry && { expiry }),
    ...(lockout && { lockout }),
    secondFactor,
    reset: { ...from.reset, ...present(one.reset ?? {}) },
  };
}

/** What somebody who wants a change now and then gets, unless they say otherwise. */
function expiryOf(base: BuiltInName, { expiry }: WrittenProfile): PasswordProfile['expiry'] {
  if (expiry === 'never' || (expiry === undefined && BUILT_IN[base].expiry === undefined)) return undefined;
  const { enforcedGroups: _, ...written } = expiry ?? {};
  return { ...classic('expiry'), ...present(written) };
}

function lockoutOf(base: BuiltInName, { lockout }: WrittenProfile): PasswordProfile['lockout'] {
  if (lockout === 'never' || (lockout === undefined && BUILT_IN[base].lockout === undefined)) return undefined;
  return { ...classic('lockout'), ...present(lockout ?? {}) };
}

function classic<Key extends 'expiry' | 'lockout'>(key: Key): NonNullable<PasswordProfile[Key]> {
  const part = BUILT_IN.classic[key];
  if (part === undefined) throw new TypeError(`classic has no ${key}`);
  return part;
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without what is left out. */
function present<T extends object>(written: T): Present<T> {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as Present<T>;
}
