import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/core/csv.ts';
import { DAYS, HOURS, MINUTES } from '../support/clock.ts';
import { MAILBOX } from '../support/mail.ts';
import { type Message, outbox } from '../support/outbox.ts';
import { type Scene, type Someone, stage } from '../support/scene.ts';

const ZONE = 'Asia/Hong_Kong';
const LOOSE = { maximum: 64, composition: [], history: 0 };

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    timeZone: ZONE,
    factors: { password: {}, totp: {} },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
    passwordPolicy: { spread: '0s', profiles: { classic: { groups: ['surgery'], ...LOOSE } } },
    departments: [
      { name: 'Surgery', groups: ['surgery'], heads: ['chief', 'deputy', 'nobody-of-this-name'] },
      { name: 'Library', groups: ['library'], heads: ['librarian'], olderThan: '30d' },
      { name: 'Empty', groups: ['nobody'], heads: ['librarian'] },
    ],
  },
}));

/** To a time of day on the first of the next month, as the institution counts. */
function toFirst({ clock, gateway }: Scene, hours: number): string {
  const now = new Date(gateway.now() + 8 * HOURS);
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) - 8 * HOURS;
  clock.advance(first + hours * HOURS - gateway.now());
  return new Date(first + 8 * HOURS).toISOString().slice(0, 7);
}

const look = () => scene.gateway.app.building.jobs.look();

/** The durable store's file, for a moment. */
function inFile<T>(work: (file: DatabaseSync) => T): T {
  const file = new DatabaseSync(join(scene.data, 'sallyport.db'));
  try {
    return work(file);
  } finally {
    file.close();
  }
}

const waiting = () =>
  inFile((file) => file.prepare(`SELECT data FROM records WHERE namespace = 'letters'`).all()).filter(
    ({ data }) => !String(data).includes('"handed":true'),
  );

/** Lists so far, the newest first, once no letter waits any more. */
async function lists(to: string): Promise<Message[]> {
  await expect.poll(waiting, { timeout: 10_000 }).toEqual([]);
  return (await outbox(scene.gateway, to)).filter(({ subject = '' }) => subject.includes('older than they may be'));
}

describe('a list of old passwords', () => {
  it('goes to each head once a month, with a file that no spreadsheet runs', async () => {
    for (const [name, groups] of [
      ['chief', 'heads'],
      ['deputy', 'heads'],
      ['librarian', 'heads'],
    ] as const) {
      await scene.newcomer({ username: name, groups, email: `${name}@university.example` });
    }
    await scene.gateway.addUser('old', {
      groups: 'surgery',
      name: '=HYPERLINK("https://evil.example")',
      email: 'old@university.example',
    });
    for (const username of ['old', 'fresh', 'reader']) {
      if (username !== 'old')
        await scene.gateway.addUser(username, { groups: username === 'reader' ? 'library' : 'surgery' });
      const someone = scene.elsewhere({ username } as Someone);
      await someone.enter('library');
    }
    await look();
    scene.clock.advance(181 * DAYS);
    await scene.gateway.command('user passwd', ['fresh'], {}, 'another password of theirs');
    toFirst(scene, 7.5);
    // Before today's people come: nothing of a former month.
    const month = toFirst(scene, 6.9);
    await look();
    const before = (await lists('chief@university.example')).length;
    scene.clock.advance(10 * MINUTES);
    await Promise.all([look(), look()]);
    await look();
    const [letter, ...more] = await lists('chief@university.example');
    expect(more).toHaveLength(before);
    expect(letter?.text).toContain('1 password is older than it may be');
    expect(letter?.text).toContain('Department: Surgery');
    expect(letter?.html).toContain('Surgery');
    const [file, ...files] = letter?.attachments ?? [];
    expect(files).toEqual([]);
    expect(file).toMatchObject({ name: `passwords-${month}.csv`, type: 'text/csv; charset=utf-8' });
    const { rows } = parseCsv(file?.content ?? '');
    expect(rows.map(({ fields }) => fields.slice(0, 3))).toEqual([
      ['User name', 'Name', 'E-mail'],
      ['old', `'=HYPERLINK("https://evil.example")`, 'old@university.example'],
    ]);
    expect((await lists('deputy@university.example'))[0]?.attachments).toHaveLength(1);
    const [empty, library] = await lists('librarian@university.example');
    expect([empty, library].map((it) => /Department: (\w+)/.exec(it?.text ?? '')?.[1]).sort()).toEqual([
      'Empty',
      'Library',
    ]);
    expect([empty, library].find((it) => it?.text.includes('Empty'))?.text).toContain('nobody’s password is older');
    expect([empty, library].find((it) => it?.text.includes('Empty'))?.attachments).toBeUndefined();
    const listed = scene
      .audit()
      .filter(({ event }) => event === 'department.listed')
      .at(-3);
    expect(JSON.parse(listed?.detail ?? '{}')).toMatchObject({
      department: 'Surgery',
      month,
      people: 1,
      unsent: ['nobody-of-this-name'],
    });
  });

  it('is made again by whoever takes over, and sent by nobody twice', async () => {
    const month = toFirst(scene, 8);
    const before = (await lists('chief@university.example')).length;
    await look();
    expect(await lists('chief@university.example')).toHaveLength(before + 1);
    // As if the node had gone before it could say that it was done.
    inFile((file) =>
      file.exec(
        `UPDATE records SET data = json_set(data, '$.done', json('false'), '$.until', 0), version = version + 1
         WHERE namespace = 'jobs' AND id = 'department-lists'`,
      ),
    );
    await look();
    expect(await lists('chief@university.example')).toHaveLength(before + 1);
    const mine = scene
      .audit()
      .filter(({ event, detail }) => event === 'department.listed' && JSON.parse(detail).month === month);
    expect(mine).toHaveLength(6);
  });
});
