import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { SealedPlace } from '../../core/sealed.ts';
import type { RecordStore } from '../../core/store.ts';
import type { MetadataPorts } from './ports.ts';
import type { MetadataSource } from './settings.ts';

/** Bytes of a block in one row: written to SQLite in a few milliseconds, during which nothing else runs. */
const CHUNK = 128 * 1024;
/** Namespace in the durable store, unless a speaker has its own. */
export const COPIES = 'saml-metadata';
/** Changes with the shape of what is kept; copies of another shape are no copies. */
export const FORMAT = 1;
const TRIES = 5;

const header = z.strictObject({
  format: z.literal(FORMAT),
  /** What it was fetched and verified with: a copy made under another configuration is none. */
  origin: z.string(),
  digest: z.string(),
  count: z.int(),
  chunks: z.int(),
  slot: z.enum(['a', 'b']),
  fetchedAt: z.number(),
  checkedAt: z.number(),
  validUntil: z.number().optional(),
  publishedAt: z.number().optional(),
  cacheDuration: z.number().optional(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
});

/** About a copy; times are epoch milliseconds. */
export type Copy = Omit<z.output<typeof header>, 'format' | 'origin' | 'chunks' | 'slot'>;

/**
 * Last good copies in the durable store, so that a start needs no network and several nodes fetch once. The header is
 * sealed and names the digest of the rest: whoever writes to the database can't bring in a service provider.
 */
export interface Copies {
  /** What is known of the copy, without reading it. */
  look(): Promise<Copy | undefined>;
  /** Reads it; undefined where it isn't whole. */
  read(): Promise<{ copy: Copy; bytes: Uint8Array } | undefined>;
  write(copy: Copy, bytes: Uint8Array): Promise<void>;
  /** Notes that the copy `digest` is still the newest. */
  touch(digest: string, checkedAt: number): Promise<void>;
}

type Header = z.output<typeof header>;
type Kept = { header: Header; version: number };

const contextOf = (namespace: string, owner: string): string => `${namespace} ${owner}`;

export const sealedHeaders = (namespace: string): SealedPlace => ({
  ...{ what: 'copies of metadata', table: 'state', namespace },
  contextOf: (owner) => contextOf(namespace, owner),
});

/** What copies are made under: file or address, and the certificate. */
export function originOf(source: MetadataSource): string {
  const location = 'file' in source ? source.file : 'url' in source ? source.url : source.mdq;
  return createHash('sha256')
    .update(JSON.stringify([location, source.certificate ?? '']))
    .digest('hex');
}

/** `owner`: whose metadata it is; `origin`: of `originOf`. */
export function createCopies(
  { durable, sealer, namespace = COPIES }: Pick<MetadataPorts, 'durable' | 'sealer' | 'namespace'>,
  owner: string,
  origin: string,
): Copies {
  const state = durable.state(namespace);
  const records = durable.records(namespace);
  const context = contextOf(namespace, owner);
  const idOf = (slot: string, chunk: number) => `${owner}:${slot}:${String(chunk).padStart(5, '0')}`;

  /** Version of what stands there, readable or not, and the header if it is ours. */
  async function present(): Promise<{ version: number; kept?: Kept }> {
    const row = await state.get(owner);
    if (row === undefined) return { version: 0 };
    const parsed = header.safeParse(opened(row.value));
    if (!parsed.success || parsed.data.origin !== origin) return { version: row.version };
    return { version: row.version, kept: { header: parsed.data, version: row.version } };
  }

  function opened(sealed: string): unknown {
    try {
      return JSON.parse(sealer.open(sealed, context));
    } catch {
      return undefined;
    }
  }

  const put = (value: Header, version: number) =>
    state.set(owner, sealer.seal(JSON.stringify(value), context), version);

  return {
    async look() {
      const { kept } = await present();
      return kept && copyOf(kept.header);
    },
    async read() {
      const { kept } = await present();
      if (kept === undefined) return undefined;
      const { chunks, slot, digest } = kept.header;
      const parts: Buffer[] = [];
      const hash = createHash('sha256');
      for (let chunk = 0; chunk < chunks; chunk++) {
        const record = await records.get(idOf(slot, chunk));
        if (record === undefined) return undefined;
        const part = Buffer.from(record.data, 'base64');
        hash.update(part);
        parts.push(part);
        await setImmediate();
      }
      if (hash.digest('hex') !== digest) return undefined;
      return { copy: copyOf(kept.header), bytes: Buffer.concat(parts) };
    },
    async write(copy, bytes) {
      for (let tries = 0; tries < TRIES; tries++) {
        const { version, kept } = await present();
        // Another node was faster, with something as new.
        if (kept !== undefined && kept.header.digest !== copy.digest && kept.header.fetchedAt > copy.fetchedAt) return;
        // Never over the copy that is in use: a process killed half-way leaves it whole.
        const slot = kept?.header.slot === 'a' ? 'b' : 'a';
        const chunks = Math.ceil(bytes.length / CHUNK);
        for (let chunk = 0; chunk < chunks; chunk++) {
          const id = idOf(slot, chunk);
          await records.remove(id);
          const part = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
            chunk * CHUNK,
            (chunk + 1) * CHUNK,
          );
          await records.insert({ id, data: part.toString('base64') });
          await setImmediate();
        }
        if (await put({ format: FORMAT, origin, chunks, slot, ...copy }, version)) {
          await removeFrom(records, chunks, (chunk) => idOf(slot, chunk));
          await removeFrom(records, 0, (chunk) => idOf(slot === 'a' ? 'b' : 'a', chunk));
          return;
        }
      }
    },
    async touch(digest, checkedAt) {
      const { kept } = await present();
      if (kept?.header.digest !== digest) return;
      await put({ ...kept.header, checkedAt }, kept.version);
    },
  };
}

function copyOf({ format: _format, origin: _origin, chunks: _chunks, slot: _slot, ...copy }: Header): Copy {
  return copy;
}

/** Removes rows from one on, up to the first that isn't there. */
async function removeFrom(records: RecordStore, first: number, idOf: (chunk: number) => string): Promise<void> {
  for (let chunk = first; await records.remove(idOf(chunk)); chunk++) await setImmediate();
}
