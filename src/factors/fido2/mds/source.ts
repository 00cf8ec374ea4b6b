import { createHash, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { FactorPorts } from '../../../core/factor-ports.ts';
import type { Metadata } from '../settings.ts';
import { type Blob, BlobError, readBlob } from './blob.ts';
import { type Models, modelsOf } from './entries.ts';

/** The blob has some megabytes. */
const LARGEST = 64 * 1024 * 1024;
const PATIENCE = 60_000;
/** Until the next try where none is there yet, milliseconds. */
const RETRY = 300_000;

/** A FIDO MDS3 blob, loaded at the start and from time to time. */
export interface MetadataSource {
  /** Loads it; throws BlobError, or whatever reading it throws. */
  load(): Promise<void>;
  /** The last good ones, however old; none before the first load. */
  models(): Models;
  /** Whether it is recent enough for new trust. */
  isFresh(): boolean;
  /** Loads again by the clock, keeping the last good one; that isn't a reason to stay alive. */
  keepFresh(): void;
  close(): void;
}

type Ports = Pick<FactorPorts, 'now' | 'fetch' | 'state' | 'log'>;

export function createMetadataSource(settings: Metadata, ports: Ports): MetadataSource {
  const root = new X509Certificate(settings.root);
  const key = `mds:${createHash('sha256').update(root.raw).update(settings.signer).digest('hex')}`;
  let current: { blob: Blob; models: Models } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function accept(text: string): Promise<void> {
    const now = ports.now();
    const blob = readBlob(text, { root, signer: settings.signer }, now);
    if (blob.nextUpdate + settings.grace < now) {
      throw new BlobError(
        `the blob expired: its nextUpdate is ${new Date(blob.nextUpdate).toISOString().slice(0, 10)}`,
      );
    }
    await advance(ports, key, blob.no);
    current = { blob, models: modelsOf(blob, now) };
  }

  async function load(): Promise<void> {
    const { file, url } = settings;
    if (url === undefined) return accept(await readBounded(file ?? ''));
    try {
      await accept(await download(ports, url));
    } catch (error) {
      if (file === undefined) throw error;
      ports.log.warn({ err: error, url }, 'authenticator metadata can’t be had from there: using the file');
      await accept(await readBounded(file));
    }
  }

  async function refresh(): Promise<void> {
    try {
      await load();
    } catch (error) {
      ports.log.error({ err: error }, 'authenticator metadata can’t be renewed: keeping the last');
    }
  }

  function keepFresh(): void {
    if (closed) return;
    const wait = current === undefined ? Math.min(RETRY, settings.refresh) : settings.refresh;
    timer = setTimeout(() => void refresh().then(keepFresh), wait).unref();
  }

  return {
    load,
    models: () => current?.models ?? new Map(),
    isFresh: () => current !== undefined && current.blob.nextUpdate + settings.grace >= ports.now(),
    keepFresh,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Remembers the greatest number accepted, here or on another node: an older blob may hide what was revoked since. */
async function advance(ports: Ports, key: string, no: number): Promise<void> {
  for (;;) {
    const last = await ports.state.get(key);
    const seen = last === undefined ? -1 : Number(last.value);
    if (no < seen) throw new BlobError(`the blob is number ${no}, older than ${seen}, which was accepted before`);
    if (no === seen || (await ports.state.set(key, String(no), last?.version ?? 0))) return;
  }
}

async function readBounded(file: string): Promise<string> {
  if ((await stat(file)).size > LARGEST) throw new BlobError(`${file} is too large`);
  return readFile(file, 'utf8');
}

async function download(ports: Ports, url: string): Promise<string> {
  const response = await ports.fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  if (response.status !== 200 || response.body === null) throw new BlobError(`${url} answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.length;
    if (size > LARGEST) throw new BlobError(`${url} answers too much`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
