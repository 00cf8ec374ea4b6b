import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Compiled } from './compile.ts';
import { COPIES, FORMAT } from './copies.ts';
import type { MetadataPorts } from './ports.ts';

const copy = z.strictObject({
  format: z.literal(FORMAT),
  origin: z.string(),
  bytes: z.base64(),
  digest: z.string(),
  validUntil: z.number().optional(),
});

/** A document of one entity. */
export type EntityCopy = Pick<Compiled, 'bytes' | 'count' | 'digest' | 'validUntil'>;

/** Last good answers of a query server, one record for each entity: sealed, because records are anybody's who can write to the database. */
export interface EntityCopies {
  read(entityId: string): Promise<EntityCopy | undefined>;
  write(entityId: string, copy: EntityCopy): Promise<void>;
  remove(entityId: string): Promise<void>;
}

/** `origin`: address and certificate; copies made under another are none. */
export function createEntityCopies(
  { durable, sealer }: Pick<MetadataPorts, 'durable' | 'sealer'>,
  application: string,
  origin: string,
): EntityCopies {
  const records = durable.records(COPIES);
  const idOf = (entityId: string) => `${application}:e:${createHash('sha256').update(entityId).digest('hex')}`;
  const contextOf = (entityId: string) => `${COPIES} ${application} ${entityId}`;
  return {
    async read(entityId) {
      const record = await records.get(idOf(entityId));
      if (record === undefined) return undefined;
      const parsed = copy.safeParse(JSON.parse(sealer.open(record.data, contextOf(entityId))));
      if (!parsed.success || parsed.data.origin !== origin) return undefined;
      const { bytes, digest, validUntil } = parsed.data;
      const until = validUntil !== undefined && { validUntil };
      return { bytes: Buffer.from(bytes, 'base64'), count: 1, digest, ...until };
    },
    async write(entityId, { bytes, digest, validUntil }) {
      const plain = { format: FORMAT, origin, bytes: Buffer.from(bytes).toString('base64'), digest, validUntil };
      const id = idOf(entityId);
      const data = sealer.seal(JSON.stringify(plain), contextOf(entityId));
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
