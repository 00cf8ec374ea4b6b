import type { Sections } from '../config/schema.ts';
import { isTree, type Path } from '../config/tree.ts';
import type { Config } from '../config/types.ts';
import type { Modules } from '../modules.ts';

/**
 * What a change of a setting takes: reading it again (`reload`); other processes, which may run one beside the other
 * while they take each other's place (`roll`); or an end of all and a new start (`restart`).
 */
export type Takes = 'reload' | 'roll' | 'restart';

/** And why it takes a restart; `all`: of every node that shares the stores, so that none runs as before beside one. */
export type Need = { takes: 'reload' | 'roll' } | { takes: 'restart'; why: string; all: boolean };

const RELOAD: Need = { takes: 'reload' };
const ROLL: Need = { takes: 'roll' };
const restart = (why: string): Need => ({ takes: 'restart', why, all: false });
const restartAll = (why: string): Need => ({ takes: 'restart', why, all: true });

/** Every section of the configuration; of those that say `parts` what differs decides. */
export const TAKES: Readonly<Record<keyof Sections, Need | 'parts'>> = {
  node: restart('another process may have the new name, and this one gives its own back only at its end'),
  clock: restartAll('revocations, holds and proofs would be compared by two times at once'),
  issuer: restartAll('what is signed, enrolled and kept in browsers for the one address is worth nothing at the other'),
  listen: 'parts',
  management: 'parts',
  data: restart('the lock and the socket of the one in use are held as long as the server runs'),
  stores: 'parts',
  secrets: 'parts',
  demo: restart('its people and applications are made at a start'),
  name: RELOAD,
  trustedProxies: RELOAD,
  clientCertificateHeader: RELOAD,
  sessions: RELOAD,
  trustedDevices: RELOAD,
  directories: RELOAD,
  factors: RELOAD,
  senders: RELOAD,
  doors: RELOAD,
  signInWith: RELOAD,
  lockout: RELOAD,
  passwordPolicy: RELOAD,
  passwordReset: RELOAD,
  departments: RELOAD,
  strangers: RELOAD,
  overload: RELOAD,
  tracing: RELOAD,
  networks: RELOAD,
  geoip: RELOAD,
  allowedPrivateNetworks: RELOAD,
  applications: RELOAD,
  policy: RELOAD,
  helpDesk: RELOAD,
  api: RELOAD,
  assurance: RELOAD,
  timeZone: RELOAD,
  locales: RELOAD,
  defaultLocale: RELOAD,
  support: RELOAD,
  branding: RELOAD,
  log: RELOAD,
};

/** Sections whose entries count in the order in which they are written. */
export const ORDERED: ReadonlySet<unknown> = new Set(['directories', 'factors', 'senders', 'doors', 'applications']);

type Read = Pick<Config, 'stores' | 'secrets' | 'doors'>;

/** Two readings of the configuration. */
export interface Readings {
  before: Read;
  after: Read;
  stores: Modules['stores'];
}

const isSection = (key: unknown): key is keyof Sections => typeof key === 'string' && Object.hasOwn(TAKES, key);

/** What a change at this path takes. */
export function needOf([section, ...rest]: Path, readings: Readings): Need {
  if (!isSection(section)) return restart('it is no setting that this program knows');
  if (section === 'doors') return ofDoor(rest, readings);
  const need = TAKES[section];
  if (need !== 'parts') return need;
  if (section === 'listen') return ofListening(rest);
  if (section === 'management') return ofManagement(rest);
  return section === 'secrets' ? ofSecrets(readings) : ofStore(rest[0], readings);
}

function ofListening([part, ...rest]: Path): Need {
  // Certificates in other files, for the same kind of server.
  if (part === 'drain' || (part === 'tls' && rest.length === 1 && rest[0] !== 'clientCertificates')) return RELOAD;
  if (part === 'tls' && rest[0] === 'clientCertificates')
    return restart('whether a server asks for certificates is fixed when it begins to listen');
  if (part === 'tls') return restart('of the connections to one port some would find TLS and some would not');
  // A connection that a worker is handed as the last one leaves its port is answered by nobody.
  return restart('connections that come to the old address as it is given up would be answered by nobody');
}

const ofManagement = ([part]: Path): Need =>
  part === 'dangerouslyPublic' ? RELOAD : restart('the port is held as long as the server runs');

/** A door's own ports belong to the process: another one opens others, and has none that is left out. */
function ofDoor([id, ...rest]: Path, readings: Readings): Need {
  const comesOrGoes =
    rest.length === 0 && [readings.before, readings.after].some(({ doors }) => listens(doors.get(String(id))));
  return comesOrGoes || rest[0] === 'listen' ? ROLL : RELOAD;
}

const listens = (settings: unknown): boolean => isTree(settings) && settings.listen !== undefined;

/** Each process must open what the other seals, while both run. */
function ofSecrets({ before, after }: Readings): Need {
  const [old, next] = [keysOf(before), keysOf(after)];
  if (old.slice(0, 1).every((key) => next.includes(key)) && next.slice(0, 1).every((key) => old.includes(key)))
    return ROLL;
  return restartAll(
    "what is sealed by the one key can't be opened with the other: name each among previousSealingKeys while it is needed",
  );
}

/** By their bytes: of the last letter two bits mean nothing. The key in the data folder is none that can be told. */
const keysOf = ({ secrets: { sealingKey, previousSealingKeys } }: Read): string[] =>
  [sealingKey ?? '', ...previousSealingKeys].map((text) => Buffer.from(text, 'base64url').toString('hex'));

function ofStore(kind: unknown, { before, after, stores }: Readings): Need {
  const moved = restartAll('what one process ends would go on at those that have the other store');
  if (kind !== 'durable' && kind !== 'ephemeral') return moved;
  const [was, is] = [before.stores[kind], after.stores[kind]];
  const same = was.type === is.type && stores[kind].get(is.type)?.sameData?.(was.settings, is.settings);
  // Its connections are made when a process starts.
  return same ? ROLL : moved;
}
