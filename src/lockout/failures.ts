import { createHash, createHmac } from 'node:crypto';
import type { LockoutNeeds } from './needs.ts';

/** Counters that all names share which nobody goes by, so that inventing names fills no disk. */
const NAMES = 2 ** 16;
/** How long what was counted for such a name lasts at most, milliseconds. */
const NAMES_LAST = 7 * 86_400_000;

const STRANGER = 'name-';

/** The subject of a name that nobody goes by: its hash. */
export function strangerSubject(login: string): string {
  const name = login.normalize('NFKC').toLowerCase();
  return `${STRANGER}${createHash('sha256').update(name).digest('base64url')}`;
}

/** The row of one of a person's names, beside that of what is guessed at. */
export const nameRow = (name: string): string => `as:${name}`;
export const isName = (of: string): boolean => of.startsWith('as:');

/** What one attempt was counted as: the place of this failure in its row, should it be one. */
export interface Counted {
  of: string;
  count: number;
}

/**
 * Failures in a row, for good: after `lockout.inARow` of them nothing is looked at any more (NIST SP 800-63B-4
 * section 3.2.2). Counted before the answer is looked at, in the durable store, so that neither parallel answers nor
 * patience get more. Names that nobody goes by are counted alike, or the stop would tell which names exist.
 */
export function createFailures(deps: Pick<LockoutNeeds, 'now' | 'random' | 'durable' | 'lockout'>) {
  const { failures } = deps.durable;
  const most = deps.lockout.inARow;
  let keyed: Promise<Buffer> | undefined;

  /** Secret, for whoever could tell which names share a counter could use it up for one that isn't attacked. */
  async function key(): Promise<Buffer> {
    const kept = deps.durable.state('attempts');
    const present = await kept.get('names');
    if (present) return Buffer.from(present.value, 'base64url');
    const fresh = Buffer.from(deps.random(32));
    return (await kept.set('names', fresh.toString('base64url'), 0)) ? fresh : key();
  }

  async function rowOf(subject: string): Promise<{ subject: string; since?: number }> {
    if (!subject.startsWith(STRANGER)) return { subject };
    keyed ??= key().catch((error: unknown) => {
      keyed = undefined;
      throw error;
    });
    const place =
      createHmac('sha256', await keyed)
        .update(subject)
        .digest()
        .readUInt32BE() % NAMES;
    return { subject: `names-${place}`, since: deps.now() - NAMES_LAST };
  }

  return {
    /** After how many it stops, and at which of them people are warned. */
    most,
    warnAt: Math.ceil(most / 2),

    /** Counts one of each that isn't stopped; those alone may be looked at. */
    async count(subject: string, of: readonly string[]): Promise<Counted[]> {
      const { subject: row, ...since } = await rowOf(subject);
      return failures.count(row, of, { most, at: deps.now(), ...since });
    },

    async giveBack(subject: string, of: readonly string[]): Promise<void> {
      await failures.giveBack((await rowOf(subject)).subject, of);
    },

    /** These begin anew, or all of them; answers which were stopped. */
    async end(subject: string, of?: readonly string[]): Promise<string[]> {
      const rows = await failures.end((await rowOf(subject)).subject, of);
      return rows.filter(({ count }) => count >= most).map((row) => row.of);
    },

    /** Of what there are any. */
    rows: async (account: string): Promise<string[]> => (await failures.ofSubject(account)).map(({ of }) => of),

    /** What is stopped of an account: ids of credentials, and of factors that store none. */
    async stopped(account: string): Promise<Set<string>> {
      const rows = await failures.ofSubject(account);
      return new Set(rows.filter(({ count }) => count >= most).map((row) => row.of));
    },
  };
}

export type Failures = ReturnType<typeof createFailures>;
