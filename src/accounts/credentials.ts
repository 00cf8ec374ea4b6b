import type { Credential } from '../core/account.ts';
import { hasCode } from '../core/errors.ts';
import type { Message } from '../core/prompt.ts';
import type { Beside, StoredCredential } from '../core/store.ts';
import type { AccountsNeeds } from './needs.ts';

/** What a credential's data is sealed under: it can't be moved to another record, person or factor. */
export const credentialContext = (credential: { id: string; account: string; factor: string }): string =>
  `credential:${credential.id}:${credential.account}:${credential.factor}`;

/** Sealed values remembered, not what is in them. */
const MOST_SEEN = 10_000;

/** Enrolled credentials, sealed at rest and validated by their factor's own schema when opened. */
export function createCredentials(deps: Pick<AccountsNeeds, 'durable' | 'sealer' | 'kinds' | 'random' | 'now'>) {
  const { durable, sealer, kinds } = deps;

  /** What was opened here once, sealed as it is for this place: that it opens needn't be found out again. */
  const good = new Set<string>();

  const maximum = (factor: string): number => kinds.get(factor)?.maximum ?? 0;

  function open(stored: StoredCredential): Credential {
    const { sealed, ...rest } = stored;
    const context = credentialContext(stored);
    const unseal = () => ({ it: opened(stored.factor, sealer.open(sealed, context)) });
    const seen = `${sealed} ${context}`;
    let data = good.has(seen) ? undefined : unseal();
    if (good.size >= MOST_SEEN) good.clear();
    good.add(seen);
    return {
      ...rest,
      // Most requests ask no more than whether there is one, of which factor, and since when.
      get data() {
        data ??= unseal();
        return data.it;
      },
    };
  }

  function opened(factor: string, text: string): unknown {
    const data: unknown = JSON.parse(text);
    const shape = kinds.get(factor)?.shape;
    return shape ? shape.parse(data) : data;
  }

  function fresh(account: string, factor: string, name: string, data: unknown): Omit<StoredCredential, 'version'> {
    const id = Buffer.from(deps.random(16)).toString('base64url');
    const sealed = sealer.seal(JSON.stringify(data), credentialContext({ id, account, factor }));
    return { id, account, factor, name, sealed, createdAt: deps.now() };
  }

  /** What stands against another one; whoever adds one at the same moment is found by the store alone. */
  async function refusalOf(
    account: string,
    factor: string,
    lookup: readonly string[] = [],
  ): Promise<Message | undefined> {
    const own = (await durable.credentials.ofAccount(account)).filter((it) => it.factor === factor);
    if (own.length >= maximum(factor)) return { key: 'too-many-methods' };
    const owners = await Promise.all(lookup.map((key) => durable.credentials.byLookup(factor, key)));
    return owners.some(Boolean) ? { key: 'method-taken' } : undefined;
  }

  return {
    /** Most credentials of one factor that an account may have. */
    maximum,

    /** Those of enabled factors. */
    async ofAccount(account: string): Promise<Credential[]> {
      const stored = await durable.credentials.ofAccount(account);
      return stored.filter(({ factor }) => kinds.has(factor)).map(open);
    },

    async byLookup(factor: string, key: string): Promise<Credential | undefined> {
      const stored = await durable.credentials.byLookup(factor, key);
      return stored && open(stored);
    },

    /**
     * The new one's id, or what the person is told instead: a lookup key is another credential's already, whoever's,
     * or there are as many as there may be. `announce` is told its id before it is there, once nothing stands against
     * it: a process that is killed in between leaves an entry of the audit too many, and never one too few.
     */
    async add(
      account: string,
      factor: string,
      name: string,
      data: unknown,
      lookup?: readonly string[],
      announce?: (id: string) => Promise<void>,
    ): Promise<string | Message> {
      const refusal = announce && (await refusalOf(account, factor, lookup));
      if (refusal) return refusal;
      const credential = fresh(account, factor, name, data);
      await announce?.(credential.id);
      try {
        const added = await durable.credentials.insert(credential, lookup, maximum(factor));
        return added ? credential.id : { key: 'too-many-methods' };
      } catch (error) {
        if (hasCode(error, 'ERR_VERSION_CONFLICT')) return { key: 'method-taken' };
        throw error;
      }
    },

    /** In the place of all of this factor; whose ids those were. */
    async replace(
      account: string,
      factor: string,
      { name, data, lookup }: { name: string; data: unknown; lookup?: readonly string[] },
    ): Promise<{ id: string; replaced: string[] }> {
      const credential = fresh(account, factor, name, data);
      return { id: credential.id, replaced: await durable.credentials.replace(credential, lookup) };
    },

    /** Stores new data by compare-and-set: false if another answer was first, and then this one doesn't count. */
    async update(credential: Credential, data: unknown, beside?: Beside): Promise<boolean> {
      const sealed = sealer.seal(JSON.stringify(data), credentialContext(credential));
      const change = { sealed, lastUsedAt: deps.now() };
      return durable.credentials.update(credential.id, credential.version, change, beside);
    },

    /** Stores new data by compare-and-set, without a use of it. */
    async change(credential: Credential, data: unknown): Promise<boolean> {
      const sealed = sealer.seal(JSON.stringify(data), credentialContext(credential));
      return durable.credentials.update(credential.id, credential.version, { sealed });
    },

    rename: (credential: Credential, name: string): Promise<boolean> =>
      durable.credentials.update(credential.id, credential.version, { name }),

    /** It proves nothing from now on. Of any number at once one is told true, also of `confirm`. */
    suspend: (id: string, account: string, beside?: Beside): Promise<boolean> =>
      durable.credentials.suspend(id, account, deps.now(), beside),

    /** It is the owner's after all. */
    confirm: (id: string, account: string): Promise<boolean> => durable.credentials.suspend(id, account, undefined),

    remove: (id: string, account: string): Promise<boolean> => durable.credentials.remove(id, account),
  };
}

export type Credentials = ReturnType<typeof createCredentials>;
