import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
const VIEWS_ASSETS = fileURLToPath(new URL('../../views/assets', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Asset {
  body: Buffer;
  type: string;
  /** Quoted, as the ETag header has it. */
  etag: string;
  /** Names this content in `?v=`: an address with it may be cached for ever. */
  version: string;
}

export type Assets = ReadonlyMap<string, Asset>;

/** A folder of assets and the path below which it is served, with slashes at both ends. */
export interface AssetFolder {
  path: string;
  folder: string;
}

/** The views' own folder, and `assets` of each plug-in below `source`, which is served at `/assets/<id>/`. */
export function assetFolders(source: string = SOURCE): AssetFolder[] {
  const folders: AssetFolder[] = [{ path: '/assets/', folder: VIEWS_ASSETS }];
  for (const kind of ['factors', 'doors', 'senders']) {
    if (!existsSync(join(source, kind))) continue;
    for (const id of readdirSync(join(source, kind)).sort()) {
      const folder = join(source, kind, id, 'assets');
      if (existsSync(folder)) folders.push({ path: `/assets/${id}/`, folder });
    }
  }
  return folders;
}

/** Reads what is served below `/assets/`, by address. Throws on a file of a type that isn't served. */
export function assets(folders: readonly AssetFolder[] = assetFolders()): Assets {
  const found = new Map<string, Asset>();
  for (const { path, folder } of folders) {
    for (const file of readdirSync(folder).sort()) found.set(path + file, read(join(folder, file)));
  }
  return found;
}

function read(file: string): Asset {
  const type = TYPES[extname(file)];
  if (type === undefined) throw new Error(`${file}: no asset of this type is served`);
  const body = readFileSync(file);
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return { body, type, etag: `"${version}"`, version };
}
