import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../core/errors.ts';
import { saveDatabase, sync } from './database.ts';
import { MANIFEST, type Manifest, type Part } from './manifest.ts';
import { addTo, endArchive, measure } from './tar.ts';

export interface Saved {
  /** In the order in which they are copied. */
  databases: readonly (Pick<Part, 'name' | 'type'> & { file: string })[];
  about: Omit<Manifest, 'parts'>;
}

/**
 * Writes a backup to a file that isn't there yet, mode 0600, whole or not at all.
 *
 * @throws SallyportError ERR_INPUT where something is there, ERR_STORE_UNAVAILABLE where a database can't be copied
 */
export function saveBackup(to: string, { databases, about }: Saved): Manifest {
  if (existsSync(to)) throw new SallyportError('ERR_INPUT', `${to} is there already: choose another name`);
  // Beside it: there it must have room, and there it may lie.
  const folder = mkdtempSync(join(dirname(to), `.${basename(to)}-`));
  try {
    const parts: Part[] = [];
    for (const { name, type, file } of databases) {
      saveDatabase(file, join(folder, name));
      parts.push({ name, type, ...measure(join(folder, name)) });
    }
    const manifest: Manifest = { ...about, parts };
    const whole = join(folder, 'whole');
    const fd = openSync(whole, 'wx', 0o600);
    try {
      const seconds = Math.floor(Date.parse(about.made) / 1000);
      addTo(fd, MANIFEST, { text: `${JSON.stringify(manifest, undefined, 2)}\n` }, seconds);
      for (const { name } of parts) addTo(fd, name, { file: join(folder, name) }, seconds);
      endArchive(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(whole, to);
    sync(dirname(to));
    return manifest;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
