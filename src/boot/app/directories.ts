import type { Directory, DirectoryPorts, HousePorts } from '../../core/directory.ts';
import { routedTo } from '../../core/logins.ts';
import { returnPathOf } from '../../core/redirect.ts';
import { upstreamOf } from '../../core/said.ts';
import { SIGNED_OUT } from '../../web/index.ts';
import type { Config } from '../config.ts';
import { hashing } from '../hashing/index.ts';
import type { Modules } from '../modules.ts';
import type { Ground } from './ground.ts';

/** What directories are given besides the ground. */
type Given = Required<Pick<DirectoryPorts, 'passwords' | 'fetch'>> & Pick<HousePorts, 'audit' | 'keyring'>;

/** Makes the configured directories. */
export function createDirectories(
  config: Config,
  modules: Modules,
  ground: Ground,
  { passwords, fetch, audit, keyring }: Given,
): Map<string, Directory> {
  const { world, durable, ephemeral, sealer, log, metrics } = ground;
  const directories = new Map<string, Directory>();
  const repeatsUs = repeating(config, modules);
  for (const [id, { type, settings, ...route }] of config.directories) {
    const module = modules.directories.get(type);
    if (module === undefined) continue;
    const records = durable.records(`directory:${id}`);
    const signInWith = routedTo(config.signInWith, [route]);
    const recordsOf = (what: string) => durable.records(`directory-${what}:${id}`);
    const kept = { id, records, recordsOf, passwords, fetch };
    const house: HousePorts = {
      base: `${config.issuer}${houseBaseOf(id)}`,
      back: `${config.issuer}${returnPathOf(upstreamOf(id))}`,
      institution: { name: config.name },
      locales: config.locales,
      signedOut: `${config.issuer}${SIGNED_OUT}`,
      ...{ keyring, durable, sealer, ephemeral, audit, repeatsUs },
    };
    const hashes = { work: metrics.hashing(id), argon2: hashing };
    const ports = { ...world, log, ...kept, signInWith, house, ...hashes };
    directories.set(id, module.create(settings, ports));
  }
  return directories;
}

/** Whose word may be ours: of the houses that doors tell what was proven here. */
function repeating(config: Config, modules: Modules): HousePorts['repeatsUs'] {
  const told = [...modules.doors].flatMap(([id, door]) => {
    const own = [...config.applications.values()].filter((it) => it.door === id);
    return door.tells?.(own) ?? [];
  });
  return (names) => names.some((name) => told.some((id) => name.toLowerCase().includes(id)));
}

/** What the house behind a directory calls lies below this path. */
export const houseBaseOf = (directory: string): `/${string}` => `/directories/${directory}`;

/** How many houses each leads to now, of those that have descriptions of them. */
export const housesIn = (directories: ReadonlyMap<string, Directory>) =>
  Promise.all(
    upstreamsOf(directories).flatMap(({ directory, redirects: { houses } }) =>
      houses ? [houses.all().then(({ length }) => ({ directory, count: length }))] : [],
    ),
  );

/** Those whose people sign in elsewhere. */
export const upstreamsOf = (directories: ReadonlyMap<string, Directory>) =>
  [...directories].flatMap(([directory, { redirects }]) => (redirects ? [{ directory, redirects }] : []));
