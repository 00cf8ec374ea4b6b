import type { Account } from '../../core/account.ts';
import type { AuditPort } from '../../core/door.ts';
import type { Campaign } from '../../core/policy.ts';
import type { DurableStore } from '../../core/store.ts';
import { type CampaignLetter, letterDue } from '../../policy/index.ts';
import type { Statistics } from '../../statistics/index.ts';
import type { Job } from './index.ts';

/** People between two questions whether it is still this node's to do. */
const TURN = 500;

/** As kept, by campaign and account: for which end, and which letter was the last. */
interface Told {
  end: number;
  letter: CampaignLetter;
}

interface Deps {
  now(): number;
  durable: Pick<DurableStore, 'records'>;
  audit: Pick<AuditPort, 'commit'>;
  statistics: Pick<Statistics, 'campaigns'>;
  /** Whether somebody can sign in: nobody else is written to. */
  usable(account: string): Promise<boolean>;
}

/** `begins` comes first, and then the longest time before the end. */
const rank = (letter: CampaignLetter): number => (letter === 'begins' ? Number.POSITIVE_INFINITY : letter);

/** Writes to whoever a campaign is about and isn't through: as it begins, and at each of its reminders, once each. */
export function campaignMails({ now, durable, audit, statistics, usable }: Deps): Job {
  const records = durable.records('campaign-mails');

  /** The letter is written once by its name, however often it is asked for: so it is asked for before that is kept. */
  async function tell({ id: account }: Account, campaign: Campaign, letter: CampaignLetter): Promise<void> {
    const { name, end, leaves } = campaign;
    const id = JSON.stringify([name, account]);
    const record = await records.get(id);
    const told = record && (JSON.parse(record.data) as Told);
    if (told?.end === end && rank(told.letter) <= rank(letter)) return;
    if (!(await usable(account))) return;
    const before = letter === 'begins' ? {} : { before: letter };
    await audit.commit({ event: 'campaign.told', account, campaign: name, ends: end, factor: leaves[0], ...before });
    const data = JSON.stringify({ end, letter } satisfies Told);
    if (record === undefined) await records.insert({ id, data });
    else await records.update(id, record.version, data);
  }

  return {
    name: 'campaign-mails',
    pattern: '0 6 * * *',
    async run(_due, still) {
      let looked = 0;
      for await (const { account, campaign, through } of statistics.campaigns.people(() => true)) {
        if (looked++ % TURN === 0 && !(await still())) return;
        const letter = through ? undefined : letterDue(campaign, now());
        if (letter !== undefined) await tell(account, campaign, letter);
      }
    },
  };
}
