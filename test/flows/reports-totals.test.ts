import { describe, expect, it } from 'vitest';
import { type Agent, agentAt, DESK_CONFIG } from '../support/desk.ts';
import { appHolder } from '../support/holders.ts';
import { stage } from '../support/scene.ts';

const scene = stage(() => ({ config: DESK_CONFIG }));

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
    expect(home.body).toMatch(/<title>[^<]+: Password \+ Code app [1-9]/);
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
