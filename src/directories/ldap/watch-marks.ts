import type { Entry } from 'ldapts';
import type { Connection } from './connection.ts';
import type { Preset } from './presets.ts';
import { guidOf, isBelow, octetsOf, textOf, textsOf, timeOf } from './values.ts';

/** What an entry has at least that changed since. */
export interface Mark {
  attribute: string;
  value: string;
}

interface From {
  mark: Mark;
  /** Told of each entry that was found. */
  saw(entry: Entry): void;
  next(): string;
}

/** Where a server is in its own changes, and how those after that are found. */
interface Marks {
  here(connection: Connection): Promise<string>;
  /** Undefined: this server can't go on from there. */
  from(connection: Connection, cursor: string): Promise<From | undefined>;
  /** The naming context that the base is in. */
  rootOf(connection: Connection, base: string): Promise<string>;
}

export function createMarks(preset: Preset, now: () => number): Marks {
  const own = preset.groups === 'tokenGroups' ? byNumber() : byTime(now);
  return { ...own, rootOf };
}

async function rootOf(connection: Connection, base: string): Promise<string> {
  const root = await baseRead(connection, '', ['namingContexts']);
  const contexts = root ? textsOf(root, 'namingContexts') : [];
  const [longest = base] = contexts.filter((context) => isBelow(base, context)).sort((a, b) => b.length - a.length);
  return longest;
}

async function baseRead(connection: Connection, dn: string, attributes: string[]): Promise<Entry | undefined> {
  const buffers = attributes.filter((attribute) => attribute === 'invocationId');
  const options = { scope: 'base', attributes, explicitBufferAttributes: buffers } as const;
  return (await connection.client.search(dn, options)).searchEntries[0];
}

/**
 * Active Directory: each domain controller numbers its own changes (MS-ADTS section 3.1.1.1.9), so that a number means
 * nothing at another one, nor at the same one after it was restored.
 */
function byNumber(): Omit<Marks, 'rootOf'> {
  /** Read before anything is searched: what changes meanwhile has a higher number. */
  async function now(connection: Connection): Promise<{ invocation: string; usn: bigint }> {
    const root = await baseRead(connection, '', ['highestCommittedUSN', 'dsServiceName']);
    const service = root && textOf(root, 'dsServiceName');
    const settings = service ? await baseRead(connection, service, ['invocationId']) : undefined;
    const invocation = settings && guidOf(octetsOf(settings, 'invocationId')[0]);
    const usn = root && textOf(root, 'highestCommittedUSN');
    if (invocation === undefined || !/^\d{1,19}$/.test(usn ?? ''))
      throw new Error('the server doesn’t say where it is in its changes (highestCommittedUSN, invocationId)');
    return { invocation, usn: BigInt(usn ?? 0) };
  }
  return {
    async here(connection) {
      const { invocation, usn } = await now(connection);
      return `${invocation} ${usn}`;
    },
    async from(connection, cursor) {
      const [, before, number] = /^(\S+) (\d{1,19})$/.exec(cursor) ?? [];
      const { invocation, usn } = await now(connection);
      if (before !== invocation || number === undefined || BigInt(number) > usn) return undefined;
      const mark = { attribute: 'uSNChanged', value: String(BigInt(number) + 1n) };
      return { mark, saw: () => {}, next: () => `${invocation} ${usn}` };
    },
  };
}

/** Servers write whole seconds, and a replica's changes come late. Milliseconds. */
const OVERLAP = 60_000;
/** How far a server's clock may be behind ours; beyond, changes are seen when everybody is looked at. */
const BEHIND = 600_000;

/** All others: when an entry was last changed, by the server's clock. */
function byTime(now: () => number): Omit<Marks, 'rootOf'> {
  const attribute = 'modifyTimestamp';
  return {
    here: async () => String(now() - BEHIND),
    async from(_connection, cursor) {
      if (!/^\d{1,16}$/.test(cursor)) return undefined;
      const since = Number(cursor);
      let newest = Math.max(since, now() - BEHIND);
      return {
        mark: { attribute, value: generalized(since - OVERLAP) },
        saw(entry) {
          newest = Math.max(newest, timeOf(textOf(entry, attribute)) ?? 0);
        },
        next: () => String(newest),
      };
    },
  };
}

const generalized = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
