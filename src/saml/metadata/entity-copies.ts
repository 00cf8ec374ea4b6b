import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SealedPlace } from '../../core/sealed.ts';
import type { Compiled } from './compile.ts';
import { COPIES, FORMAT, sealedHeaders } from './copies.ts';
import type { MetadataPorts } from './ports.ts';

const copy = z.strictObject({
  format: z.literal(FORMAT),
  origin: z.string(),
  bytes: z.base64(),
  digest: z.string(),
  validUntil: z.number().optional(),
  publishedAt: z.number().optional(),
});

/** Between owner and entity in a record's id; the pieces of other copies lie in the same namespace. */
const ENTITY = ':e:';
const contextOf = (namespace: string, id: string): string => `${namespace} ${id}`;

const sealedEntities = (namespace: string): SealedPlace => ({
  ...{ what: 'copies of single members', table: 'records', namespace, replaceable: true },
  contextOf: (id) => (id.includes(ENTITY) ? contextOf(namespace, id) : undefined),
});

/** Where copies lie: for whoever declares what it keeps. */
export const sealedCopies = (namespace = COPIES): SealedPlace[] => [
  sealedHeaders(namespace),
  sealedEntities(namespace),
];

/** A document of one entity. */
export type EntityCopy = Pick<Compiled, 'bytes' | 'count' | 'digest' | 'validUntil' | 'publishedAt'>;

/** Last good answers of a query server, one record for each entity: sealed, because records are anybody's who can write to the database. */
export interface EntityCopies {
  read(entityId: string): Promise<EntityCopy | undefined>;
  write(entityId: string, copy: EntityCopy): Promise<void>;
  remove(entityId: string): Promise<void>;
}

/** `origin`: of `originOf`; copies made under another are none. */
export function createEntityCopies(
  { durable, sealer, namespace = COPIES }: Pick<MetadataPorts, 'durable' | 'sealer' | 'namespace'>,
  owner: string,
  origin: string,
): EntityCopies {
  const records = durable.records(namespace);
  const idOf = (entityId: string) => `${owner}${ENTITY}${createHash('sha256').update(entityId).digest('hex')}`;

  /** Undefined where it doesn't open: as good as none, for it is fetched again. */
  function opened(id: string, entityId: string, sealed: string): unknown {
    // Earlier copies were bound to the whole name.
    for (const context of [contextOf(namespace, id), `${namespace} ${owner} ${entityId}`]) {
      try {
        return JSON.parse(sealer.open(sealed, context));
      } catch {}
    }
    return undefined;
  }

  return {
    async read(entityId) {
      const record = await records.get(idOf(entityId));
      if (record === undefined) return undefined;
      const parsed = copy.safeParse(opened(record.id, entityId, record.data));
      if (!parsed.success || parsed.data.origin !== origin) return undefined;
      const { bytes, digest, validUntil, publishedAt } = parsed.data;
      const dates = {
        ...(validUntil !== undefined && { validUntil }),
        ...(publishedAt !== undefined && { publishedAt }),
      };
      return { bytes: Buffer.from(bytes, 'base64'), count: 1, digest, ...dates };
    },
    async write(entityId, { bytes, digest, validUntil, publishedAt }) {
      const dates = { validUntil, publishedAt };
      const plain = { format: FORMAT, origin, bytes: Buffer.from(bytes).toString('base64'), digest, ...dates };
      const id = idOf(entityId);
      const data = sealer.seal(JSON.stringify(plain), contextOf(namespace, id));
      // Another node that is faster writes what is as good.
      const record = await records.get(id);
      if (record === undefined) await records.insert({ id, data });
      else await records.update(id, record.version, data);
    },
    async remove(entityId) {
      await records.remove(idOf(entityId));
    },
  };
}
