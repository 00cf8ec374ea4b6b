import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SealedPlace } from '../../../core/sealed.ts';
import type { MetadataPorts } from '../../../saml/index.ts';

const NAMESPACE = 'saml-owners';
/** Of one page of the list. */
const PAGE = 500;

const pin = z.strictObject({
  entityId: z.string(),
  /** Of `originOf`: under another configuration it is no pin. */
  origin: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
});
export type Pin = z.output<typeof pin>;

const contextOf = (application: string): string => `${NAMESPACE} ${application}`;

export const sealedPins: SealedPlace = {
  ...{ what: 'entities of applications', table: 'records', namespace: NAMESPACE },
  contextOf,
};

/**
 * Which entity an application without a configured one stands for, once and durably: no two can have the same, on
 * however many nodes. Sealed, so that whoever writes to the database moves none.
 */
export interface Pins {
  of(application: string): Promise<Pin | undefined>;
  /** False where the application has one, or another application has this entity. */
  add(application: string, pin: Pin): Promise<boolean>;
  /** The application that has this entity. */
  ownerOf(entityId: string): Promise<string | undefined>;
  remove(application: string): Promise<void>;
  /** All applications that have one. */
  applications(): Promise<string[]>;
}

export function createPins({ durable, sealer }: Pick<MetadataPorts, 'durable' | 'sealer'>): Pins {
  const records = durable.records(NAMESPACE);
  const lookupOf = (entityId: string): string => createHash('sha256').update(entityId).digest('base64url');

  return {
    async of(application) {
      const record = await records.get(application);
      return record && pin.parse(JSON.parse(sealer.open(record.data, contextOf(application))));
    },
    add: (application, value) =>
      records.insert({
        id: application,
        lookup: lookupOf(value.entityId),
        data: sealer.seal(JSON.stringify(value), contextOf(application)),
      }),
    ownerOf: async (entityId) => (await records.byLookup(lookupOf(entityId)))?.id,
    async remove(application) {
      await records.remove(application);
    },
    async applications() {
      const found: string[] = [];
      for (let after: string | undefined; ; after = found.at(-1)) {
        const page = await records.list({ limit: PAGE, ...(after !== undefined && { after }) });
        found.push(...page.map(({ id }) => id));
        if (page.length < PAGE) return found;
      }
    },
  };
}
