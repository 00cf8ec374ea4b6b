import { existsSync, readFileSync, rmSync } from 'node:fs';
import { SallyportError } from '../../core/errors.ts';
import type { DurableModule } from '../../core/store.ts';
import { schemaState } from '../../durable/index.ts';
import { isThere, putDatabase, removeDatabase } from '../backup/database.ts';
import { type Manifest, manifestOf, type Part } from '../backup/manifest.ts';
import { saveBackup } from '../backup/save.ts';
import { type Archive, openArchive } from '../backup/tar.ts';
import { type Config, loadConfig } from '../config.ts';
import { fileOf, lockOwned } from '../lock.ts';
import { createKeys, currentKeyId } from '../sealing/keys.ts';
import type { Context } from './context.ts';

/** Copies what the stores keep in files, beside a running server as well. */
export async function backup({ io, file, modules, show }: Context, to: string): Promise<void> {
  const config = loadConfig(file(), await modules(), io.env);
  const durable = durableFile(config);
  if (!existsSync(durable)) throw new SallyportError('ERR_INPUT', `${durable} isn't there: nothing to back up`);
  const sealingKey = currentKeyId(config);
  if (sealingKey === undefined) throw new SallyportError('ERR_SEAL', "the sealing key isn't there");
  const passing = fileOf(config.stores.ephemeral.settings);
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const { parts } = saveBackup(to, {
    databases: [
      // First: sessions from before beside a revocation from after are ended by that, and not the other way round.
      ...(passing !== undefined && existsSync(passing)
        ? [{ name: 'ephemeral.db' as const, type: config.stores.ephemeral.type, file: passing }]
        : []),
      { name: 'durable.db', type: config.stores.durable.type, file: durable },
    ],
    about: { format: 1, program: version, made: new Date().toISOString(), issuer: config.issuer, sealingKey },
  });
  const lines = [
    ...parts.map(({ name, bytes, sha256 }) => [name, bytes, sha256].join('\t')),
    `sealed under the key ${sealingKey}, which isn't in it: keep that apart`,
  ];
  show({ lines, exitCode: 0 });
}

export interface RestoreOptions {
  withSessions?: boolean;
  dangerouslyOverwrite?: boolean;
}

/** Puts a backup in its place. Whatever can be found wrong with it is found before anything is changed. */
export async function restore(
  { io, file, modules: find, show }: Context,
  from: string,
  { withSessions = false, dangerouslyOverwrite = false }: RestoreOptions,
): Promise<void> {
  const modules = await find();
  const config = loadConfig(file(), modules, io.env);
  const files: Record<Part['name'], string | undefined> = {
    'durable.db': durableFile(config),
    'ephemeral.db': fileOf(config.stores.ephemeral.settings),
  };
  const extracted: string[] = [];
  const lock = lockOwned(config);
  let archive: Archive | undefined;
  try {
    archive = openArchive(from);
    const found = manifestOf(archive);
    refuseOtherKey(found.manifest, config);
    if (!dangerouslyOverwrite) refuseData(Object.values(files));
    const wanted = found.manifest.parts.filter(({ name }) => withSessions || name === 'durable.db');
    if (withSessions && wanted.length < 2) throw new SallyportError('ERR_INPUT', 'the backup has no sessions in it');
    const placed = wanted.map((part) => ({ part, file: placeOf(part, files, config) }));
    for (const { part, file } of placed) extracted.push(extract(archive, found.files, part, file));
    await refuseNewer(
      modules.stores.durable.get(config.stores.durable.type),
      config,
      `${files['durable.db']}${COMING}`,
    );
    // Those of now are of another state of things.
    if (files['ephemeral.db'] !== undefined) removeDatabase(files['ephemeral.db']);
    for (const { file } of placed) putDatabase(`${file}${COMING}`, file);
    show({ lines: told(found.manifest, withSessions, files['ephemeral.db']), exitCode: 0 });
  } finally {
    archive?.close();
    for (const path of extracted) rmSync(path, { force: true });
    lock.release();
  }
}

/** What a file is called before it is in its place. */
const COMING = '.restoring';

function durableFile({ stores }: Config): string {
  const file = fileOf(stores.durable.settings);
  if (file !== undefined) return file;
  const message = `stores.durable (${stores.durable.type}) is a server's: back up and restore its database by that server's own means`;
  throw new SallyportError('ERR_INPUT', message);
}

function refuseOtherKey({ sealingKey }: Manifest, config: Config): void {
  const current = currentKeyId(config);
  const known = current === undefined ? [] : [current, ...createKeys(config).sealer.previous];
  if (known.includes(sealingKey)) return;
  const message = `it was sealed under the key ${sealingKey}, and that isn't here: put it at ${config.data}/sealing.key, mode 0600, or name it by secrets.sealingKey or secrets.previousSealingKeys`;
  throw new SallyportError('ERR_SEAL', message);
}

function refuseData(files: readonly (string | undefined)[]): void {
  const there = files.find((file) => file !== undefined && isThere(file));
  if (there === undefined) return;
  throw new SallyportError('ERR_INPUT', `${there} is there already: with --dangerously-overwrite it is lost`);
}

function placeOf({ name, type }: Part, files: Record<Part['name'], string | undefined>, { stores }: Config): string {
  const configured = name === 'durable.db' ? stores.durable.type : stores.ephemeral.type;
  const file = files[name];
  if (file !== undefined && type === configured) return file;
  throw new SallyportError(
    'ERR_INPUT',
    `${name} is of a store of type ${type}, and the configured one is ${configured}`,
  );
}

function extract(
  archive: Archive,
  files: ReturnType<typeof manifestOf>['files'],
  { name, sha256 }: Part,
  file: string,
): string {
  const coming = `${file}${COMING}`;
  rmSync(coming, { force: true });
  const entry = files.get(name);
  if (entry === undefined || archive.extract(entry, coming) !== sha256) {
    rmSync(coming, { force: true });
    throw new SallyportError('ERR_INPUT', `${name} isn't what the manifest says: the backup was changed or damaged`);
  }
  return coming;
}

async function refuseNewer(module: DurableModule | undefined, config: Config, file: string): Promise<void> {
  const connection = await module?.open({ ...(config.stores.durable.settings as object), file });
  if (connection === undefined) throw new Error('the configuration names a store that does not exist');
  try {
    if ((await schemaState(connection)).standing !== 'refused') return;
    throw new SallyportError('ERR_INPUT', 'a newer program made this backup: restore it with that one');
  } finally {
    await connection.close();
  }
}

function told({ made, parts, program }: Manifest, withSessions: boolean, passing: string | undefined): string[] {
  const sessions =
    passing === undefined
      ? 'sessions and remembered devices are not in a file here: empty their store, what it has is of after the backup'
      : 'without sessions and remembered devices: people sign in again';
  return [
    `restored as of ${made}, made by ${program}`,
    ...(withSessions ? [`with ${parts.length} files: what was ended or spent since is good again`] : [sessions]),
    'what happened since is unknown here: disable accounts and retire keys again before the start',
  ];
}
