import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';
import { nameRoute } from '../core/route-name.ts';
import { readServed, type Served } from './served.ts';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
const VIEWS_ASSETS = fileURLToPath(new URL('../../views/assets', import.meta.url));

export type Assets = ReadonlyMap<string, Served>;

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

/** What pages use of packages, as these bring it for browsers. */
const PACKAGED = [
  ['/assets/zxcvbn/core.js', '@zxcvbn-ts/core/dist/zxcvbn-ts.js'],
  ['/assets/zxcvbn/common.js', '@zxcvbn-ts/language-common/dist/zxcvbn-ts.js'],
] as const;

/** Reads what is served below `/assets/`, by address. Throws on a file of a type that isn't served. */
export function assets(folders: readonly AssetFolder[] = assetFolders()): Assets {
  const found = new Map<string, Served>();
  for (const { path, folder } of folders) {
    for (const file of readdirSync(folder).sort()) found.set(path + file, readServed(join(folder, file)));
  }
  const { resolve } = createRequire(import.meta.url);
  for (const [path, file] of PACKAGED) found.set(path, readServed(resolve(file)));
  return found;
}

/** An address that names the content is good for ever. */
export function serveAssets(assets: Assets): RequestHandler {
  return (req, res, next) => {
    const asset = assets.get(req.path);
    if (asset === undefined) return next();
    nameRoute(res, '/assets/*');
    const forever = req.query.v === asset.version;
    res.setHeader('cache-control', forever ? 'public, max-age=31536000, immutable' : 'public, max-age=300');
    res.setHeader('etag', asset.etag);
    res.type(asset.type).send(asset.body);
  };
}
