import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PYTHON } from '../pysaml2/process.ts';

const CACHE = new URL('../../../node_modules/.cache/', import.meta.url);
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** The folder with what `requirements.txt` names, from the Python Package Index once: Debian has none of it. */
export async function installed(): Promise<string> {
  const id = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
  const folder = fileURLToPath(new URL(`python-${id}`, CACHE));
  if (existsSync(folder)) return folder;
  const half = `${folder}.half`;
  await rm(half, { recursive: true, force: true });
  const words = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--target', half];
  await promisify(execFile)(PYTHON, [...words, '--requirement', REQUIREMENTS]);
  // Whole, or not there.
  await rename(half, folder);
  return folder;
}
