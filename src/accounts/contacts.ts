import type { Account } from '../core/account.ts';
import { SallyportError } from '../core/errors.ts';
import type { Sealer } from '../core/seal.ts';
import type { SealedPlace } from '../core/sealed.ts';
import type { DurableStore } from '../core/store.ts';
import type { AccountsNeeds } from './needs.ts';

/** By which a code can reach somebody who has forgotten their password. */
export const CONTACT_KINDS = ['mail', 'text'] as const;
export type ContactKind = (typeof CONTACT_KINDS)[number];

/** A mailbox or a number that its owner has shown to be theirs. */
export interface Contact {
  id: string;
  kind: ContactKind;
  /** One address, or a number in E.164. */
  to: string;
  /** Of a number, ISO 3166-1 letters. */
  country?: string;
  /** When that was shown, epoch milliseconds. */
  addedAt: number;
}

/** Most of a kind that an account may have: each more is one more way in. */
export const MOST_CONTACTS: Readonly<Record<ContactKind, number>> = { mail: 3, text: 1 };

/**
 * How long a new one serves for nothing but notices, milliseconds: whoever adds one in a session that isn't theirs is
 * told of to its owner before it opens anything.
 */
export const SETTLING = 72 * 3_600_000;

/** Tries against a change at the same moment; the account's owner alone changes them. */
const ROUNDS = 5;

const NAMESPACE = 'contacts';
const contextOf = (account: string): string => `contacts:${account}`;

/** Where they lie. */
export const contactsPlace: SealedPlace = {
  what: 'contacts for forgotten passwords',
  table: 'state',
  namespace: NAMESPACE,
  contextOf,
};

type Parts = Pick<AccountsNeeds, 'durable' | 'sealer' | 'now' | 'random'>;

async function read(durable: Pick<DurableStore, 'state'>, sealer: Sealer, account: string) {
  const kept = await durable.state(NAMESPACE).get(account);
  const all: Contact[] = kept === undefined ? [] : JSON.parse(sealer.open(kept.value, contextOf(account)));
  return { all, version: kept?.version ?? 0 };
}

/** Where an account's owner is told of something: by the directory's mailbox, and by all that they registered, new ones too. */
export function addressesWith({ durable, sealer }: Pick<Parts, 'durable' | 'sealer'>) {
  return async ({ id, email }: Pick<Account, 'id' | 'email'>): Promise<string[]> => {
    const { all } = await read(durable, sealer, id);
    return [...(email ? [email] : []), ...all.filter(({ kind }) => kind === 'mail').map(({ to }) => to)];
  };
}

/** What people have registered for the day on which they forget their password: by account, sealed, durable. */
export function createContacts({ durable, sealer, now, random }: Parts) {
  const state = durable.state(NAMESPACE);

  /** By compare-and-set; `change` answers undefined to leave them, and then false is answered. */
  async function update(account: string, change: (all: Contact[]) => Contact[] | undefined): Promise<boolean> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { all, version } = await read(durable, sealer, account);
      const next = change(all);
      if (next === undefined) return false;
      if (await state.set(account, sealer.seal(JSON.stringify(next), contextOf(account)), version)) return true;
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing these contacts');
  }

  const ofAccount = async (account: string): Promise<Contact[]> => (await read(durable, sealer, account)).all;

  return {
    ofAccount,

    /** Why another one can't be added; undefined where it can. */
    async refusal(account: string, { kind, to }: Pick<Contact, 'kind' | 'to'>): Promise<'many' | 'taken' | undefined> {
      const mine = (await ofAccount(account)).filter((one) => one.kind === kind);
      if (mine.some((one) => isSame(one, { kind, to }))) return 'taken';
      return mine.length >= MOST_CONTACTS[kind] ? 'many' : undefined;
    },

    /** False where there are as many as there may be, or it is one of them. */
    add(account: string, { kind, to, country }: Pick<Contact, 'kind' | 'to' | 'country'>): Promise<boolean> {
      const id = Buffer.from(random(12)).toString('base64url');
      const fresh: Contact = { id, kind, to, ...(country ? { country } : {}), addedAt: now() };
      return update(account, (all) => {
        const mine = all.filter((one) => one.kind === kind);
        return mine.length >= MOST_CONTACTS[kind] || mine.some((one) => isSame(one, fresh))
          ? undefined
          : [...all, fresh];
      });
    },

    /** False where it isn't there. */
    remove: (account: string, id: string): Promise<boolean> =>
      update(account, (all) => (all.some((one) => one.id === id) ? all.filter((one) => one.id !== id) : undefined)),
  };
}

/** Mail systems mostly take upper case for lower case: another spelling is no other mailbox. */
const isSame = (one: Pick<Contact, 'kind' | 'to'>, other: Pick<Contact, 'kind' | 'to'>): boolean =>
  one.kind === other.kind && one.to.toLowerCase() === other.to.toLowerCase();

export type Contacts = ReturnType<typeof createContacts>;
