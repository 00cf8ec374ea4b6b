import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};

/** A file that is served as it is. */
export interface Served {
  body: Buffer;
  type: string;
  /** Quoted, as the ETag header has it. */
  etag: string;
  /** Names this content in `?v=`: an address with it may be cached for ever. */
  version: string;
}

/** Throws on a type that isn't served. */
export function readServed(file: string): Served {
  const extension = extname(file).toLowerCase();
  if (TYPES[extension] === undefined) throw new Error(`${file}: no file of this type is served`);
  return servedOf(readFileSync(file), extension);
}

/** `extension`: with its dot, one of those that are served. */
export function servedOf(body: Buffer, extension: string): Served {
  const type = TYPES[extension] ?? 'application/octet-stream';
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return { body, type, etag: `"${version}"`, version };
}
