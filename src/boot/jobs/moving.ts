import type { AuditPort } from '../../core/door.ts';
import type { DurableStore } from '../../core/store.ts';
import type { Campaigns } from '../../methods/campaigns.ts';
import type { Statistics } from '../../statistics/index.ts';
import type { Job } from './index.ts';

/** People between two questions whether it is still this node's to do. */
const TURN = 500;

/** As kept, by account: which date was told of, and how long before it the last time, milliseconds. */
interface Told {
  at: number;
  before: number;
}

interface Deps {
  now(): number;
  durable: Pick<DurableStore, 'records'>;
  audit: Pick<AuditPort, 'commit'>;
  statistics: Pick<Statistics, 'moving'>;
  /** Whoever is led by one already is written to by that alone. */
  campaigns: Pick<Campaigns, 'of'>;
  /** Milliseconds. */
  remindBefore: readonly number[];
}

/** Writes to whoever has nothing for the time after a calendar's date, each of the times before it once. */
export function movingMails({ now, durable, audit, statistics, campaigns, remindBefore }: Deps): Job {
  const records = durable.records('moving-mails');

  /** The audit tells, and letters hear it: what was told is kept after that, so that it isn't lost in between. */
  async function tell(account: string, at: number, factor: string | undefined, before: number): Promise<void> {
    const record = await records.get(account);
    const told = record && (JSON.parse(record.data) as Told);
    if (told?.at === at && told.before <= before) return;
    await audit.commit({ event: 'method.ending', account, ends: at, ...(factor ? { factor } : {}) });
    const data = JSON.stringify({ at, before } satisfies Told);
    if (record === undefined) await records.insert({ id: account, data });
    else await records.update(account, record.version, data);
  }

  return {
    name: 'moving-mails',
    pattern: '0 6 * * *',
    async run(_due, still) {
      let looked = 0;
      for await (const { account, methods, moves } of statistics.moving.people(() => true)) {
        if (looked++ % TURN === 0 && !(await still())) return;
        const led = new Set(campaigns.of(account, methods).flatMap(({ leaves }) => leaves));
        const open = moves.filter(({ through, ends }) => !through && !ends.some((factor) => led.has(factor)));
        const [first] = open.toSorted((a, b) => a.at - b.at);
        const before = first && remindBefore.toSorted((a, b) => a - b).find((one) => now() >= first.at - one);
        if (first && before !== undefined) await tell(account.id, first.at, first.ends[0], before);
      }
    },
  };
}
