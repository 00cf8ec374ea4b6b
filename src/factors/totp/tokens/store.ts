import type { Sealer } from '../../../core/seal.ts';
import type { OwnSealedPlace } from '../../../core/sealed.ts';
import type { DataRecord, RecordStore } from '../../../core/store.ts';
import { type Token, token } from './token.ts';

/** A token with what names this state of it. */
export interface Kept {
  token: Token;
  version: number;
}

const PAGE = 200;
const contextOf = (serial: string) => `token:${serial}`;

export const sealedTokens: OwnSealedPlace = { what: 'hardware tokens', table: 'records', contextOf };

/** In the place of a token that there isn't, so that the work done doesn't tell. */
const DECOY: Token = {
  serial: '0',
  type: 'totp',
  secret: 'A'.repeat(32),
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
  next: 0,
  drift: 0,
};

/** The tokens that were imported, by serial number, sealed. */
export function createTokens({ records, sealer }: { records: RecordStore; sealer: Sealer }) {
  const seal = (it: Token) => sealer.seal(JSON.stringify(it), contextOf(it.serial));
  const open = ({ id, data, version }: DataRecord): Kept => ({
    token: token.parse(JSON.parse(sealer.open(data, contextOf(id)))),
    version,
  });

  let sealedDecoy: string | undefined;
  const decoy = (): DataRecord => {
    sealedDecoy ??= seal(DECOY);
    return { id: DECOY.serial, data: sealedDecoy, version: 0 };
  };

  return {
    /** What strangers may ask for: where there is no such token, another is opened that is nobody's. */
    async lookFor(serial: string): Promise<Kept & { found: boolean }> {
      const record = await records.get(serial);
      return { ...open(record ?? decoy()), found: record !== undefined };
    },

    async get(serial: string): Promise<Kept | undefined> {
      const record = await records.get(serial);
      return record && open(record);
    },

    /** False if the serial number is there already. */
    insert: (it: Token): Promise<boolean> => records.insert({ id: it.serial, data: seal(it) }),

    /** Compare-and-set: false if it has changed since. */
    save: ({ token, version }: Kept, changed: Token): Promise<boolean> =>
      records.update(token.serial, version, seal(changed)),

    /** False if it wasn't there any more. */
    remove: (serial: string): Promise<boolean> => records.remove(serial),

    async any(): Promise<boolean> {
      return (await records.list({ limit: 1 })).length > 0;
    },

    async *list(): AsyncGenerator<Token> {
      let after: string | undefined;
      for (;;) {
        const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const record of page) yield open(record).token;
        after = page.at(-1)?.id;
        if (page.length < PAGE || after === undefined) return;
      }
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;
