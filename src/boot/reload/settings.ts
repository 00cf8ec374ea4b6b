import type { Sections } from '../config/schema.ts';
import { isTree, type Path } from '../config/tree.ts';

/**
 * What a change of a setting takes: reading it again (`reload`); other processes, which may run one beside the other
 * while they take each other's place (`roll`); or an end of all and a new start (`restart`).
 */
export type Takes = 'reload' | 'roll' | 'restart';

/** Every section of the configuration. */
export const TAKES: Readonly<Record<keyof Sections, Takes>> = {
  // What is done under one name or address isn't known under the other.
  node: 'restart',
  clock: 'restart',
  issuer: 'restart',
  listen: 'restart',
  management: 'restart',
  data: 'restart',
  stores: 'restart',
  // Each process opens what the other seals, as long as each has both keys.
  secrets: 'roll',
  demo: 'restart',
  name: 'reload',
  trustedProxies: 'reload',
  sessions: 'reload',
  trustedDevices: 'reload',
  directories: 'reload',
  factors: 'reload',
  senders: 'reload',
  doors: 'reload',
  signInWith: 'reload',
  lockout: 'reload',
  passwordPolicy: 'reload',
  strangers: 'reload',
  overload: 'reload',
  tracing: 'reload',
  networks: 'reload',
  geoip: 'reload',
  allowedPrivateNetworks: 'reload',
  applications: 'reload',
  policy: 'reload',
  helpDesk: 'reload',
  api: 'reload',
  assurance: 'reload',
  timeZone: 'reload',
  locales: 'reload',
  defaultLocale: 'reload',
  support: 'reload',
  log: 'reload',
};

const isSection = (key: unknown): key is keyof Sections => typeof key === 'string' && Object.hasOwn(TAKES, key);

/** What this change takes, from one checked value to another. */
export function takesOf([section, ...rest]: Path, from: unknown, to: unknown): Takes {
  if (!isSection(section)) return 'restart';
  // Certificates in other files, for the same kind of server.
  if (section === 'listen' && rest[0] === 'tls' && rest.length === 2) return 'reload';
  // A door's own ports belong to the process: another one opens others, and has none that is left out.
  if (section === 'doors' && (rest[1] === 'listen' || (rest.length === 1 && (listens(from) || listens(to)))))
    return 'roll';
  if (section === 'stores' && isCredential(rest.at(-1), from, to)) return 'roll';
  return TAKES[section];
}

const listens = (settings: unknown): boolean => isTree(settings) && settings.listen !== undefined;

/** The same store, by another password. */
function isCredential(key: unknown, from: unknown, to: unknown): boolean {
  if (typeof key === 'string' && /^(user(name)?|pass(word|phrase)?)$/i.test(key)) return true;
  const [before, after] = [placeIn(from), placeIn(to)];
  return before !== undefined && before === after;
}

/** Of an address, without who asks there. */
function placeIn(address: unknown): string | undefined {
  if (typeof address !== 'string' || URL.parse(address) === null) return undefined;
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
