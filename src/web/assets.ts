import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Request, RequestHandler } from 'express';
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

/** How the octets of an asset are sent: as they are, or smaller. */
interface Encoded {
  body: Buffer;
  encoding?: 'br' | 'gzip';
}

/** The best quality takes half a second for the largest, in which nobody else is answered; this one takes milliseconds. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const ENCODERS = { br: (body: Buffer) => brotliCompressSync(body, QUALITY), gzip: (body: Buffer) => gzipSync(body) };
/** Fewer octets than that gain nothing. */
const LEAST_COMPRESSED = 512;
const made = new WeakMap<Served, Map<string, Buffer>>();

/**
 * Compressed once, when first asked for. Assets alone: a page holds a form's token beside what a request brought, and
 * how small both become together would tell of the token (BREACH).
 */
function encoded(asset: Served, req: Request): Encoded {
  const { body, type } = asset;
  const encoding = req.acceptsEncodings('br', 'gzip');
  const isText = /^(?:text|application)\/|\+xml/.test(type);
  if ((encoding !== 'br' && encoding !== 'gzip') || !isText || body.length < LEAST_COMPRESSED) return { body };
  const known = made.get(asset) ?? new Map<string, Buffer>();
  const smaller = known.get(encoding) ?? ENCODERS[encoding](body);
  made.set(asset, known.set(encoding, smaller));
  return { body: smaller, encoding };
}

/** An address that names the content is good for ever. */
export function serveAssets(assets: Assets): RequestHandler {
  return (req, res, next) => {
    const asset = assets.get(req.path);
    if (asset === undefined) return next();
    nameRoute(res, '/assets/*');
    const forever = req.query.v === asset.version;
    res.setHeader('cache-control', forever ? 'public, max-age=31536000, immutable' : 'public, max-age=300');
    const { body, encoding } = encoded(asset, req);
    // A validator names what was sent, to the octet (RFC 9110 section 8.8.3.3).
    res.setHeader('etag', encoding === undefined ? asset.etag : asset.etag.replace(/"$/, `-${encoding}"`));
    if (encoding !== undefined) res.setHeader('content-encoding', encoding);
    res.vary('accept-encoding');
    res.type(asset.type).send(body);
  };
}
