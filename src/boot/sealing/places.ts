import { contactsPlace } from '../../accounts/contacts.ts';
import { credentialContext } from '../../accounts/credentials.ts';
import { secretQuestionsPlace } from '../../accounts/secret-questions.ts';
import type { Sealer } from '../../core/seal.ts';
import type { SealedPlace } from '../../core/sealed.ts';
import type { SealedRow, SealedTable } from '../../core/store.ts';
import { keyFrom } from '../keyring/additions.ts';
import { keyContext } from '../keyring/key.ts';
import type { Modules } from '../modules.ts';

/** What lies in a sealed row, and the context that it is sealed under. */
export interface Lying {
  /** For people. */
  what: string;
  context: string;
  replaceable?: true;
}

/** Every place of the durable store where sealed values lie. */
export interface Places {
  /** Undefined where nothing sealed may lie. */
  lyingAt(row: SealedRow): Lying | undefined;
}

/** Seals for one plug-in: what it sealed can't be opened as something else's. */
export function sealerFor(owner: string, sealer: Sealer): Sealer {
  return {
    seal: (plain, context) => sealer.seal(plain, contextFor(owner, context)),
    open: (sealed, context) => sealer.open(sealed, contextFor(owner, context)),
  };
}

const contextFor = (owner: string, context: string): string => `${owner}:${context}`;

/** Tables with a column for nothing but sealed values. */
const COLUMNS: Readonly<Record<'credentials' | 'keys', (row: SealedRow) => Lying>> = {
  credentials: ({ namespace: factor, id, account = '' }) => ({
    what: `enrolled methods: ${factor}`,
    context: credentialContext({ id, account, factor }),
  }),
  keys: ({ namespace: purpose, id }) => ({ what: `signing keys: ${purpose}`, context: keyContext(id) }),
};

const hasColumn = (table: SealedTable): table is keyof typeof COLUMNS => Object.hasOwn(COLUMNS, table);

/** A key that a node is about to put into its table. */
const coming: SealedPlace = {
  ...{ what: 'signing keys: newest', table: 'state', namespace: 'keyring' },
  contextOf: (_, text) => keyContext(keyFrom(text).id),
};

/** Those of every plug-in that is there, in use or not. */
export function sealedPlaces(modules: Pick<Modules, 'factors' | 'doors' | 'directories'>): Places {
  const { factors, doors, directories } = modules;
  const count = () => factors.size + doors.size + directories.size;
  let known = count();
  let declared = declaredBy(modules);
  return {
    lyingAt(row) {
      if (hasColumn(row.table)) return COLUMNS[row.table](row);
      // They come as configurations name them, and stay.
      if (count() !== known) {
        known = count();
        declared = declaredBy(modules);
      }
      for (const { what, table, namespace, contextOf, replaceable } of declared) {
        if (table !== row.table || namespace !== row.namespace) continue;
        const context = contextOf(row.id, row.value);
        if (context !== undefined) return { what, context, ...(replaceable && { replaceable }) };
      }
      return undefined;
    },
  };
}

function declaredBy({ factors, doors, directories }: Pick<Modules, 'factors' | 'doors' | 'directories'>) {
  const ofDoors = [...doors.values()].flatMap(({ sealed = [] }) => sealed);
  const ofDirectories = [...directories.values()].flatMap(({ sealed = [] }) => sealed);
  const declared: SealedPlace[] = [coming, contactsPlace, secretQuestionsPlace, ...ofDoors, ...ofDirectories];
  for (const { id, sealed = [] } of factors.values()) {
    const namespace = `factor:${id}`;
    for (const place of sealed) declared.push({ ...place, namespace, contextOf: owned(namespace, place.contextOf) });
  }
  return declared;
}

function owned(owner: string, contextOf: SealedPlace['contextOf']): SealedPlace['contextOf'] {
  return (id, text) => {
    const context = contextOf(id, text);
    return context === undefined ? undefined : contextFor(owner, context);
  };
}
