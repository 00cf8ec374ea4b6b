import { SallyportError } from '../../core/errors.ts';
import { type Sealer, sealedIn } from '../../core/seal.ts';
import type { DurableStore, SealedRow } from '../../core/store.ts';
import type { Places } from './places.ts';

/**
 * The durable store, which takes a sealed value only where one is declared, and under the declared context: what
 * `sallyport keys reseal` couldn't find or open again isn't written in the first place.
 */
export function guarded(durable: DurableStore, places: Places, sealer: Sealer): DurableStore {
  function check(row: SealedRow): void {
    const values = sealedIn(row.value);
    if (values.length === 0) return;
    const lying = places.lyingAt(row);
    if (lying === undefined) {
      throw new SallyportError(
        'ERR_SEAL',
        `${nameOf(row)} isn't declared as a place of sealed values: see SealedPlace`,
      );
    }
    for (const value of values) sealer.open(value, lying.context);
  }

  return {
    ...durable,
    state(namespace) {
      const state = durable.state(namespace);
      return {
        ...state,
        async set(key, value, version) {
          check({ table: 'state', namespace, id: key, value });
          return state.set(key, value, version);
        },
      };
    },
    records(namespace) {
      const records = durable.records(namespace);
      return {
        ...records,
        async insert(record) {
          check({ table: 'records', namespace, id: record.id, value: record.data });
          return records.insert(record);
        },
        async update(id, version, data, found) {
          check({ table: 'records', namespace, id, value: data });
          return records.update(id, version, data, found);
        },
      };
    },
  };
}

/** Never with the value. */
export function nameOf({ table, namespace, id }: Omit<SealedRow, 'value'>): string {
  return `${table} of ${namespace}: ${JSON.stringify(id)}`;
}
