import type { AccountsRoom } from '../accounts/index.ts';
import type { Account } from '../core/account.ts';
import type { Report } from '../reports/records.ts';
import type { Reports } from '../reports/reports.ts';
import { createAskingReport } from './asking.ts';
import { createCampaignReport } from './campaigns.ts';
import { createEnrolmentReport } from './enrolment.ts';
import { createFailuresReport } from './failures.ts';
import { createMethodsReport } from './methods.ts';
import { createMovingReport } from './moving.ts';
import type { StatisticsNeeds } from './needs.ts';
import { createPasswordsReport } from './passwords.ts';
import type { InScope } from './people.ts';
import { createSnapshots } from './snapshots/snapshots.ts';
import { createTotals } from './totals/totals.ts';

/** Reports that are looked through for one agent. */
const MOST_REPORTS = 5_000;
const PAGE = 500;

type Aging = Pick<AccountsRoom, 'accounts' | 'passwordStates'>;

/** What the help desk reads about the people in its scope. But for what is counted each night, nothing of it is kept. */
export function createStatistics(deps: StatisticsNeeds, below: { reports: Reports } & Aging) {
  const { reports } = below;
  const { accounts } = deps.durable;

  const looking = {
    enrolment: createEnrolmentReport(deps),
    moving: createMovingReport(deps),
    campaigns: createCampaignReport(deps),
    asking: createAskingReport(deps),
  };

  return {
    ...looking,
    methods: createMethodsReport(deps),
    snapshots: createSnapshots(deps, looking),
    failures: createFailuresReport(deps),
    passwords: createPasswordsReport(deps, below),
    totals: createTotals(deps),

    /** "This wasn't me", the newest first, each with whom it is about. */
    async fraud(inScope: InScope, limit = MOST_REPORTS): Promise<{ report: Report; account: Account }[]> {
      const all = await reports.list({ limit: MOST_REPORTS });
      const people = new Map<string, Account>();
      for (let from = 0; from < all.length; from += PAGE) {
        const ids = [...new Set(all.slice(from, from + PAGE).map(({ account }) => account))];
        for (const account of (await accounts.byIds(ids)).filter(inScope)) people.set(account.id, account);
      }
      return all
        .flatMap((report) => {
          const account = people.get(report.account);
          return account ? [{ report, account }] : [];
        })
        .slice(0, limit);
    },
  };
}

export type Statistics = ReturnType<typeof createStatistics>;
