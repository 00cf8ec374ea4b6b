import type { AuditPort, LogPort } from '../../core/door.ts';
import type { Letters } from '../../notices/index.ts';
import type { Aged } from '../../statistics/index.ts';
import type { createListWriter } from '../../web/index.ts';
import type { Config } from '../config.ts';
import type { Rooms } from '../rooms.ts';
import type { Job } from './index.ts';

/** People of one list: a mail holds no more. */
const MOST = 5_000;

type Department = Config['departments'][number];

interface Deps {
  departments: readonly Department[];
  timeZone?: string | undefined;
  rooms: Pick<Rooms, 'accounts' | 'statistics'>;
  letters: Pick<Letters, 'post'>;
  write: ReturnType<typeof createListWriter>;
  audit: Pick<AuditPort, 'commit'>;
  log: LogPort;
}

/** On the first of each month, in the morning: heads of departments get the list of their colleagues. */
export function departmentLists({ departments, timeZone, rooms, letters, write, audit, log }: Deps): Job {
  async function peopleOf(
    { groups, olderThan }: Department,
    still: () => Promise<boolean>,
  ): Promise<Aged[] | undefined> {
    const people: Aged[] = [];
    const theirs = (person: { groups?: readonly string[] | undefined }) =>
      person.groups?.some((group) => groups.includes(group)) === true;
    for await (const one of rooms.statistics.passwords.aged(theirs, olderThan)) {
      people.push(one);
      if (people.length % 100 === 0 && !(await still())) return undefined;
      if (people.length === MOST) break;
    }
    return people;
  }

  /** Where somebody is told who heads a department; undefined where they can't be. */
  async function headOf(name: string) {
    const account = await rooms.accounts.find(name);
    if (account?.email === undefined || !(await rooms.accounts.usable(account.id))) return undefined;
    return { ...account, email: account.email };
  }

  async function send(department: Department, month: string, people: readonly Aged[]): Promise<void> {
    const { name } = department;
    const unsent: string[] = [];
    for (const login of department.heads) {
      const head = await headOf(login);
      if (head === undefined) unsent.push(login);
      else {
        const mail = write({ department: name, month, people, name: head.name, locale: head.locale });
        // Once, however often this is begun again.
        const letter = { account: head.id, to: head.email, what: 'department-list', mail };
        await letters.post(`${month} ${name} ${head.id}`, letter);
      }
    }
    if (unsent.length > 0) log.warn({ department: name, heads: unsent }, 'heads of a department could not be told');
    await audit.commit({ event: 'department.listed', department: name, month, people: people.length, unsent });
  }

  return {
    name: 'department-lists',
    pattern: '0 7 1 * *',
    async run(due, still) {
      const month = monthOf(due, timeZone);
      for (const department of departments) {
        if (!(await still())) return;
        const people = await peopleOf(department, still);
        if (people === undefined) return;
        await send(department, month, people);
      }
    },
  };
}

/** As the institution counts: `2026-12`. */
function monthOf(at: number, timeZone: string | undefined): string {
  const parts = new Intl.DateTimeFormat('en', { year: 'numeric', month: '2-digit', timeZone }).formatToParts(at);
  const of = (wanted: string) => parts.find(({ type }) => type === wanted)?.value ?? '';
  return `${of('year')}-${of('month')}`;
}
