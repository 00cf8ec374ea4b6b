import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetadataFault } from './fault.ts';
import type { MetadataPorts } from './ports.ts';

/** An aggregate may come slowly; a server that says nothing is given up earlier by the connection's own bounds. */
const PATIENCE = 120_000;
const ACCEPT = 'application/samlmetadata+xml, application/xml;q=0.8, text/xml;q=0.5';

export interface Fetched {
  response: Response;
  etag?: string;
  lastModified?: string;
}

/** What was fetched before, for a conditional request (RFC 9110 section 13). */
export interface Known {
  etag?: string;
  lastModified?: string;
}

/**
 * Fetches an address: 200, 304 or 404.
 *
 * @throws MetadataFault for any other answer, a redirect included, and where there is none
 */
export async function ask(
  fetch: MetadataPorts['fetch'],
  url: string,
  known: Known,
  stop: AbortSignal,
): Promise<Fetched> {
  const headers = {
    accept: ACCEPT,
    ...(known.etag !== undefined && { 'if-none-match': known.etag }),
    ...(known.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
  };
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]) });
  } catch (cause) {
    throw new MetadataFault(`${url} can’t be reached: ${why(cause)}`, { cause });
  }
  if (![200, 304, 404].includes(response.status)) {
    await response.body?.cancel();
    const location = response.headers.get('location');
    const to = location === null ? '' : ` to ${location.slice(0, 500)}: configure that address`;
    throw new MetadataFault(`${url} answered ${response.status}${to}`);
  }
  const etag = response.headers.get('etag');
  const lastModified = response.headers.get('last-modified');
  return { response, ...(etag !== null && { etag }), ...(lastModified !== null && { lastModified }) };
}

/** `fetch` says only that it failed; the reason is below. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

/** The body, in pieces, up to so many bytes as they are once unpacked. */
export async function* piecesOf(response: Response, most: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const piece of response.body ?? []) {
      total += piece.length;
      if (total > most) throw new MetadataFault(`it has more than ${most} bytes`);
      yield piece;
    }
  } catch (cause) {
    if (cause instanceof MetadataFault) throw cause;
    throw new MetadataFault(`it broke off after ${total} bytes: ${why(cause)}`, { cause });
  }
}

/** Writes a body to a file that nobody else can read, hands its name to `read`, and removes it. */
export async function withFile<T>(response: Response, most: number, read: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-metadata-'));
  try {
    const file = join(folder, 'metadata.xml');
    const handle = await open(file, 'wx', 0o600);
    try {
      for await (const piece of piecesOf(response, most)) await handle.write(piece);
    } finally {
      await handle.close();
    }
    return await read(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
