import { createPasswordMailing } from '../../accounts/passwords/index.ts';
import { createListWriter } from '../../web/index.ts';
import { campaignMails } from '../jobs/campaigns.ts';
import { departmentLists } from '../jobs/departments.ts';
import { createJobs, type Jobs } from '../jobs/index.ts';
import { movingMails } from '../jobs/moving.ts';
import { snapshots } from '../jobs/snapshots.ts';
import type { Rooms } from '../rooms.ts';
import type { Standing } from './standing.ts';

/** What is done at set times, once among all nodes. */
export function jobsOf({ config, ground, ledger, people, outside }: Standing, rooms: Rooms): Jobs {
  const { world, durable, log } = ground;
  const { audit } = ledger;
  const { name, issuer, support, timeZone, departments, rules, campaigns, remindBefore } = config;
  const byDate = remindBefore.length > 0 && rules.some(({ calendar }) => calendar !== undefined);
  const { statistics } = rooms;
  const usable = async (id: string) => (await rooms.accounts.usable(id)) !== undefined;
  const needs = { now: world.now, durable, log, audit };
  const mail = createPasswordMailing({ ...needs, directories: people.directories }, rooms);
  const write = createListWriter({ i18n: outside.i18n, name, issuer, support, ...(timeZone ? { timeZone } : {}) });
  const lists = departmentLists({ ...needs, departments, timeZone, rooms, letters: outside.letters, write });
  return createJobs({ ...needs, timeZone }, [
    // Before people come to work.
    { name: 'password-mails', pattern: '0 6 * * *', run: (_due, still) => mail(still) },
    ...(config.helpDesk ? [snapshots({ statistics })] : []),
    ...(departments.length > 0 ? [lists] : []),
    ...(byDate ? [movingMails({ ...needs, statistics, remindBefore, campaigns: rooms.campaigns })] : []),
    ...(campaigns.length > 0 ? [campaignMails({ ...needs, statistics, usable })] : []),
  ]);
}
