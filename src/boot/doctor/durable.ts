import { SIGNED } from '../../audit/chain.ts';
import type { DurableConnection } from '../../core/durable-connection.ts';
import type { Finding } from '../../core/finding.ts';
import type { AuditEntry, DurableStore, StoredKey } from '../../core/store.ts';
import { readingStore, schemaState, VERSION } from '../../durable/index.ts';
import { type Holder, read } from '../nodes/leases.ts';
import type { Known } from './people.ts';
import { clock, ending, fault, good, notice } from './told.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 86_400_000;
/** A certificate of a signing key of ours is made with it, for so long (`keyring/certificate.ts`). */
const CERTIFIED = 10 * YEAR;
/** Accounts that are looked at. */
const MOST = 2_000;
const PAGE = 500;

/** How the tables stand to this program, and by what clock. */
export async function tables(connection: DurableConnection, now: () => number): Promise<Finding[]> {
  const { standing, recorded, pending } = await schemaState(connection);
  const version = recorded?.version ?? 'none';
  if (standing === 'behind')
    return [
      notice(
        `its tables are behind this program (${pending.join(', ')})`,
        'Run sallyport db migrate, or start a node that may.',
      ),
    ];
  if (standing === 'refused')
    return [
      fault(
        `its tables have version ${version}, which this program (${VERSION}) doesn't work with`,
        'Start the newer program.',
      ),
    ];
  const before = now();
  const there = await readingStore(connection).now();
  const taken = now() - before;
  return [
    good(`reachable; its tables have version ${version}${standing === 'ahead' ? ', one ahead' : ''}`),
    clock('the database', there, before + taken / 2, taken),
  ];
}

/** Chains that nobody signs any more, and names whose process is gone. */
export function nodes(heads: readonly AuditEntry[], leases: ReadonlyMap<string, Holder>, now: number): Finding[] {
  const found = heads.flatMap(({ node, at, event }): Finding[] => {
    if (event === SIGNED || now - at < 2 * HOUR) return [];
    return [
      notice(
        `the audit chain of ${node} isn't signed since ${new Date(at).toISOString()}`,
        'If that node is gone, one that shares its store closes the chain: start one. Then run sallyport audit verify.',
      ),
    ];
  });
  const gone = [...leases].flatMap(([name, { until, host, pid }]): Finding[] =>
    until > now
      ? []
      : [
          notice(
            `the node ${name} (${host}, process ${pid}) ended without a word at ${new Date(until).toISOString()}`,
            'See why. One of the others closes its audit chain.',
          ),
        ],
  );
  if (found.length + gone.length > 0) return [...gone, ...found];
  const held = leases.size === 0 ? '' : `; running: ${[...leases.keys()].join(', ')}`;
  return [good(`${heads.length} audit chains end as they should${held}`)];
}

/** Signing keys of one purpose: their certificates' ends, and whether one was ever rolled over. */
export function keys(purpose: string, all: readonly StoredKey[], now: number): Finding[] {
  const signing = all.filter(({ activeFrom, retiredAt }) => activeFrom <= now && retiredAt === undefined);
  const newest = signing.toSorted((one, other) => other.activeFrom - one.activeFrom)[0];
  if (newest === undefined) return [];
  const todo = `Roll it over: sallyport keys rotate ${purpose}`;
  const end = ending(`the certificate of the signing key of ${purpose}`, newest.createdAt + CERTIFIED, now, todo, {
    notices: 365,
    faults: 30,
  });
  if (end.level !== 'good') return [end];
  const age = Math.floor((now - newest.activeFrom) / 86_400_000);
  const text = `the signing key of ${purpose} has signed for ${age} days`;
  return [age > 730 ? notice(text, todo) : good(text)];
}

export async function headsOf({ audit }: Pick<DurableStore, 'audit'>): Promise<AuditEntry[]> {
  const heads = await Promise.all((await audit.nodes()).map((node) => audit.head(node)));
  return heads.flatMap((head) => head ?? []);
}

export async function leasesOf(durable: Pick<DurableStore, 'records'>): Promise<Map<string, Holder>> {
  const records = await durable.records('nodes').list({ limit: PAGE });
  return new Map(records.map((record) => [record.id, read(record)]));
}

/** Some of those who have signed in, with the factors that they have set up and that work. */
export async function peopleOf({
  accounts,
  credentials,
}: Pick<DurableStore, 'accounts' | 'credentials'>): Promise<Known[]> {
  const known: Known[] = [];
  let after: string | undefined;
  while (known.length < MOST) {
    const page = await accounts.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const own = Map.groupBy(await credentials.ofAccounts(page.map(({ id }) => id)), ({ account }) => account);
    known.push(
      ...page.map((account) => ({ account, factors: (own.get(account.id) ?? []).map(({ factor }) => factor) })),
    );
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  return known;
}
