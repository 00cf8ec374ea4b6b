import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ASSETS } from '../routes.ts';

/** The app's own files. */
export const APP = fileURLToPath(new URL('../app/', import.meta.url));

/** Those of the pages, of which it takes some. */
const PAGES = fileURLToPath(new URL('../../../../views/assets/', import.meta.url));
const TAKEN: readonly string[] = ASSETS;

/** What the service worker doesn't keep: itself, which the browser looks at, and what only installing needs. */
const NOT_KEPT = ['index.html', 'sw.js', 'version.js', 'manifest.webmanifest'];

/** All files of the app as it is served, by path, with slashes. */
export function appFiles(): string[] {
  const own = readdirSync(APP, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(APP, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  return [...own, ...TAKEN].sort();
}

/** One of `appFiles`. */
export function appFile(path: string): Buffer {
  return readFileSync(join(TAKEN.includes(path) ? PAGES : APP, path));
}

/** `version.js` as it should be: the files that are kept, and a name for their content. */
export function versionModule(): string {
  const files = appFiles().filter((file) => !NOT_KEPT.includes(file));
  const hash = createHash('sha256');
  for (const file of ['index.html', 'sw.js', ...files]) hash.update(`${file}\0`).update(appFile(file));
  const version = hash.digest('base64url').slice(0, 16);
  const list = ['./', ...files, 'version.js'].map((file) => `  '${file}',\n`).join('');
  return `/** Written by \`node scripts/authenticator.ts\`: another version makes browsers fetch the app anew. */

export const VERSION = '${version}';

export const FILES = [
${list}];
`;
}
