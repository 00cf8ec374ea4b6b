import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type Agent, agentAt, DESK_CONFIG } from '../support/desk.ts';
import { openDurable } from '../support/durable.ts';
import { appHolder } from '../support/holders.ts';
import { stage } from '../support/scene.ts';

const textCosts = { currency: 'HKD', prices: { HK: 0.5 }, other: 2, monthly: 10 };
const scene = stage(() => ({ config: { ...DESK_CONFIG, helpDesk: { ...DESK_CONFIG.helpDesk, textCosts } } }));

const today = () => new Date(scene.gateway.now()).toISOString().slice(0, 10);
const report = (name: string, options: Record<string, string | boolean> = {}) =>
  scene.gateway.command(`report ${name}`, [], options);
const csv = async (agent: Agent, name: string) => {
  const file = await agent.open(`/helpdesk/reports/${name}/csv`);
  expect(file.status).toBe(200);
  return file.body.split('\r\n').slice(0, -1);
};

/** The number at the end of the line that begins so; 0 where there is none. */
function counted(lines: readonly string[], start: string, separator = '\t'): number {
  const line = lines.find((one) => one.startsWith(start));
  return line === undefined ? 0 : Number(line.split(separator).at(-1));
}

/** The part of the page that draws one thing, and its file. */
const CHARTS = '/helpdesk/reports/charts';
const lines = async (agent: Agent, path: string) => (await agent.open(path)).body.split('\r\n').slice(0, -1);

describe('the page before all reports', () => {
  it('says in words why sign-ins failed, by day, and as a file', async () => {
    const agent = await agentAt(scene);
    const someone = await appHolder(scene);
    const other = scene.elsewhere(someone);
    await other.password(await other.begin('library'), 'nobody-of-that-name', 'not the password');
    await report('sign-ins');
    const home = await agent.open('/helpdesk/reports');
    expect(home.status).toBe(200);
    expect(home.body).toMatch(/<title>[^<]+No such user name [1-9]/);
    expect(home.text).not.toMatch(/no-account|wrong-password/);
    // Of the audit, which has it a moment later.
    await vi.waitFor(() => expect(scene.audit().map(({ event }) => event)).toContain('sign-in.refused'));
    const failures = await agent.open('/helpdesk/reports/failures');
    expect(failures.text).toContain('No such user name');
    expect(failures.text).not.toMatch(/no-account|wrong-password/);
    const [header, ...rows] = await lines(agent, `${CHARTS}/failures/csv?days=7`);
    expect(header).toMatch(/^\ufeffday,(?:[a-z-]+,)*nobody/);
    expect(rows).toHaveLength(7);
    expect(rows.at(-1)).toContain(today());
  });

  it('is narrowed by what its address says, which a bookmark keeps past a sign-in', async () => {
    const agent = await agentAt(scene, 'desk');
    const student = await appHolder(scene, { groups: 'students' });
    await scene.elsewhere(student).enter('courses');
    await report('sign-ins');
    const asked = `?days=7&group=students&application=courses`;
    const page = await agent.open(`/helpdesk/reports${asked}`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('<option value="students" selected>');
    expect(page.body).toContain('<option value="courses" selected>');
    expect(page.body).toContain('<option value="7" selected>');
    // What can't be told apart by group isn't shown as if it were.
    expect(page.text).toContain('Pictures that can’t be told apart this way aren’t shown.');
    expect(page.text).not.toContain('Why sign-ins failed');
    const of = async (query: string) =>
      counted(
        (await lines(agent, `${CHARTS}/sign-ins/csv${query}`)).map((line) => line.split(',').slice(0, 2).join()),
        today(),
        ',',
      );
    expect(await of('?group=students')).toBeGreaterThan(0);
    expect(await of('?group=students')).toBeLessThan(await of(''));
    expect(await of('?from=2026-01-01&until=2026-01-02')).toBe(0);
    const stranger = scene.elsewhere(agent.someone);
    const away = await stranger.client.open(`${scene.gateway.url}/helpdesk/reports${asked}`);
    const back = await agent.key.use(stranger, away);
    expect(`${back.url.pathname}${back.url.search}`).toBe(`/helpdesk/reports${asked}`);
  });

  it.each([
    ['a period that isn’t there', 'days=36500', 'Choose one of the periods'],
    ['a date that is none', 'from=2026-02-30', 'Write the date as'],
    ['a range the wrong way round', 'from=2026-01-02&until=2026-01-01', 'comes after the last one'],
    ['a huge range', 'from=0001-01-01&until=2026-01-01', 'kept for two years'],
    ['a day to come', 'until=9999-12-31', 'hasn’t come yet'],
    ['a group of somebody else’s people', 'group=vip', 'no such group'],
    ['a group that doesn’t exist', `group=${encodeURIComponent('"><script>alert(1)</script>')}`, 'no such group'],
    [
      'an application that doesn’t exist',
      `application=${encodeURIComponent('</title><svg onload=x>')}`,
      'no such application',
    ],
    ['a structure', 'group[]=students&group[]=staff', ''],
    ['the same twice', 'application=courses&application=library', 'no such application'],
  ])('refuses %s, with what to do, and draws nothing', async (_, query, said) => {
    const agent = await agentAt(scene);
    const page = await agent.open(`/helpdesk/reports?${query}`);
    expect(page.body).not.toMatch(/<script>alert|<svg onload/);
    if (said === '') return expect(page.status).toBe(200);
    expect(page.status).toBe(400);
    expect(page.text).toContain(said);
    expect(page.body).not.toContain('class="chart"');
    const file = await agent.someone.client.get(`${scene.gateway.url}${CHARTS}/sign-ins/csv?${query}`);
    expect([file.status, file.location?.pathname]).toEqual([303, '/helpdesk/reports']);
  });

  it('shows nobody the numbers of a group that they may not read reports of', async () => {
    const numbers = await agentAt(scene, 'numbers');
    const page = await numbers.open('/helpdesk/reports');
    expect(page.body).not.toContain('name="group"');
    expect((await numbers.open('/helpdesk/reports?group=students')).status).toBe(400);
    const night = await agentAt(scene, 'night');
    for (const path of ['/helpdesk/reports', `${CHARTS}/sign-ins/csv`, `${CHARTS}/nothing/csv`]) {
      expect((await night.open(path)).status).toBe(404);
    }
  });
});

describe('what is counted of everybody', () => {
  it('is there at once on the command line, by what is asked for', async () => {
    const by = 'day,outcome,method,application,directory';
    const [done, wrong] = [
      [today(), 'completed', 'password+totp', 'courses', 'local'].join('\t'),
      [today(), 'wrong', 'password', 'library', ''].join('\t'),
    ];
    const someone = await appHolder(scene);
    const before = await report('sign-ins', { by });
    expect(before[0]).toBe('day\toutcome\tmethod\tapplication\tdirectory\tcount');
    const other = scene.elsewhere(someone);
    await other.remember(await other.code(await other.enter('courses'), scene.nextCode(someone)), 'no');
    const third = scene.elsewhere(someone);
    await third.password(await third.begin('library'), 'nobody-of-that-name', 'not the password');
    const after = await report('sign-ins', { by });
    expect(counted(after, done)).toBe(counted(before, done) + 1);
    expect(counted(after, wrong)).toBe(counted(before, wrong) + 1);
    const hours = await report('sign-ins', { by: 'hour', csv: true });
    expect(hours[0]).toBe('hour,count');
    expect(hours.slice(1)).toEqual(expect.arrayContaining([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00Z,\d+$/)]));
    expect(await report('sign-ins', { by: 'outcome', from: '2001-01-01', until: '2001-02-01' })).toEqual([
      'outcome\tcount',
    ]);
  });

  it('is refused where it is asked for wrongly, with what to write', async () => {
    await expect(report('sign-ins', { by: 'account' })).rejects.toThrow('choose among hour, day, outcome');
    await expect(report('messages', { from: 'yesterday' })).rejects.toThrow('2027-02-01');
  });

  it('survives a restart, what was counted in its last minute too', async () => {
    await appHolder(scene);
    const { app } = scene.gateway;
    const before = (await report('sign-ins', { by: 'outcome' })).filter((line) => line.startsWith('completed'));
    expect(before).toHaveLength(1);
    const someone = await scene.newcomer({ groups: 'students' });
    await someone.enter('library');
    await scene.restart();
    expect(scene.gateway.app).not.toBe(app);
    const after = await report('sign-ins', { by: 'outcome' });
    expect(counted(after, 'completed')).toBe(counted(before, 'completed') + 1);
  });

  it('is for agents with that right alone, and shows them nobody', async () => {
    const numbers = await agentAt(scene, 'numbers');
    await report('sign-ins');
    expect((await numbers.open('/helpdesk')).body).toContain('href="/helpdesk/reports"');
    const home = await numbers.open('/helpdesk/reports');
    expect(home.body).toContain('/helpdesk/reports/sign-ins"');
    expect(home.body).not.toContain('/helpdesk/reports/enrolment"');
    // Drawn, and the same as a table.
    expect(home.body).toMatch(/<title>[^<]+Password \+ Code app [1-9]/);
    expect(home.body).toContain('<th role="columnheader" scope="col">Password + Code app</th>');
    for (const path of ['enrolment', 'enrolment/csv', 'failures']) {
      expect((await numbers.open(`/helpdesk/reports/${path}`)).status).toBe(404);
    }
    const student = await appHolder(scene, { groups: 'students' });
    expect((await numbers.find(student.username)).body).not.toContain('/helpdesk/people/');
    expect((await numbers.person(student)).status).toBe(404);
    const page = await numbers.open('/helpdesk/reports/sign-ins');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Password + Code app');
    expect(page.body).not.toContain(student.username);
    const night = await agentAt(scene, 'night');
    const nights = await night.open('/helpdesk/reports');
    expect(nights.body).not.toContain('class="chart"');
    for (const path of ['sign-ins', 'sign-ins/csv', 'messages']) {
      expect((await night.open(`/helpdesk/reports/${path}`)).status).toBe(404);
    }
  });

  it('is a file of every hour', async () => {
    const agent = await agentAt(scene);
    await report('sign-ins');
    const [header, ...lines] = await csv(agent, 'sign-ins');
    expect(header).toBe('\ufeffhour,outcome,method,application,directory,count');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z,[a-z]+,[^,]*,[^,]*,[^,]*,\d+$/);
    expect(await csv(agent, 'messages')).toHaveLength(1);
    const page = await agent.open('/helpdesk/reports/messages');
    expect(page.text).toContain('Nothing was sent in this period.');
  });
});

describe('sign-ins by way of another organisation', () => {
  it('are drawn by directory, told in words, and have a file', async () => {
    const one = { at: scene.gateway.now(), kind: 'sign-in', outcome: 'completed', country: '' } as const;
    const by = (method: string, count: number) => ({ ...one, application: 'courses', method, provider: 'x', count });
    const rows = [by('upstream:partner', 5), by('upstream:partner+totp', 2), by('upstream:hospital', 4)];
    const failed = { ...by('upstream:hospital', 50), outcome: 'wrong' };
    const { durable } = await openDurable(join(scene.data, 'sallyport.db'));
    await durable.counts.add({ source: 'houses', sequence: 1, at: one.at, rows: [...rows, failed] });
    const agent = await agentAt(scene);
    const [header, ...days] = await lines(agent, `${CHARTS}/houses/csv?days=7`);
    expect([header, days.length, days.at(-1)]).toEqual(['\ufeffday,partner,hospital', 7, `${today()},7,4`]);
    const page = await agent.open('/helpdesk/reports');
    expect(page.text).toContain('Sign-ins by way of another organisation');
    expect(page.body).toMatch(/<title>[^<]+: partner 7, hospital 4</);
    expect(page.body).toMatch(
      /role="img" aria-label="Bars from [^"]+ partner: 0 at the beginning, 7 at the end, at most 7 /,
    );
    // Nobody came that way there.
    expect(await lines(agent, `${CHARTS}/houses/csv?application=library`)).toEqual(['\ufeff']);
  });
});

describe('dates', () => {
  it('are in the language of whoever reads them, and in files the same for everybody', async () => {
    const agent = await agentAt(scene);
    const someone = scene.elsewhere(await appHolder(scene));
    await someone.password(await someone.begin('library'), 'nobody-of-that-name', 'not the password');
    await vi.waitFor(() => expect(scene.audit().map(({ event }) => event)).toContain('sign-in.refused'));
    await report('sign-ins');
    const { client } = agent.someone;
    const { url } = scene.gateway;
    await client.open(`${url}/language?${new URLSearchParams({ to: 'zh-Hant', back: '/helpdesk/reports' })}`);
    for (const path of ['', '/failures', '/sign-ins', '/messages', '/enrolment']) {
      const page = await agent.open(`/helpdesk/reports${path}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/\d{4}-\d\d-\d\d/);
    }
    const today = new Intl.DateTimeFormat('zh-Hant', {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    });
    expect((await agent.open('/helpdesk/reports/failures')).text).toContain(today.format(scene.gateway.now()));
  });
});

// Last: the others have seen that nothing was sent.
describe('what texts cost', () => {
  it('stands beside what a month may, by where they go', async () => {
    const text = { at: scene.gateway.now(), kind: 'text', outcome: 'sent', method: 'sms', application: '' } as const;
    const to = (country: string, count: number) => ({ ...text, provider: 'carrier', country, count });
    const rows = [to('HK', 4), to('GB', 3), { ...to('HK', 9), outcome: 'failed' }];
    const { durable } = await openDurable(join(scene.data, 'sallyport.db'));
    await durable.counts.add({ source: 'test', sequence: 1, at: text.at, rows });
    const agent = await agentAt(scene);
    const [header, row, ...more] = await lines(agent, `${CHARTS}/costs/csv?days=7`);
    expect([header, row, more]).toEqual([
      '\ufeffmonth-of,text-sent,cost,budget,spent',
      `${today().slice(0, 7)},7,8,10,0.8`,
      [],
    ]);
    const page = await agent.open('/helpdesk/reports');
    expect(page.text).toContain('Cost (HKD)');
    // Drawn beside the budget, and told to whoever doesn't see it.
    const month = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(text.at);
    expect(page.body).toContain(`<title>${month}: Cost (HKD) 8, Above the budget (HKD) 0</title>`);
    expect(page.body).toMatch(
      /class="chart lying" role="img" aria-label="[^"]*Cost \(HKD\) 8, [^"]*Budget \(HKD\): 10\./,
    );
    expect(page.body).toContain(`<td role="cell" class="first"><time datetime="${today().slice(0, 7)}`);
  });
});
