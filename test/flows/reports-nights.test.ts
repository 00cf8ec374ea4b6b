import { describe, expect, it } from 'vitest';
import { DAYS } from '../support/clock.ts';
import { type Agent, agentAt, DESK_CONFIG } from '../support/desk.ts';
import { appHolder } from '../support/holders.ts';
import { stage } from '../support/scene.ts';

const CHARTS = '/helpdesk/reports/charts';
const soon = new Date(Date.now() + 20 * DAYS);

const scene = stage(() => ({
  config: {
    ...DESK_CONFIG,
    policy: {
      rules: [
        { name: 'staff', groups: ['staff'], level: 'mfa', from: soon.toISOString() },
        { name: 'before', groups: ['staff'], level: 'sfa' },
        { name: 'everybody', notGroups: ['staff'], level: 'mfa' },
      ],
    },
  },
}));

/** A chart's file without its first line, the earliest first. */
async function rows(agent: Agent, chart: string, query = ''): Promise<string[][]> {
  const file = await agent.open(`${CHARTS}/${chart}/csv${query}`);
  expect(file.status).toBe(200);
  const lines = file.body.slice(1).split('\r\n').slice(1, -1);
  return lines.map((line) => line.split(','));
}

/** Who is left, by when they are asked. */
const left = async (agent: Agent, query = '') =>
  Object.fromEntries((await rows(agent, 'left', query)).map(([when, count]) => [when ?? '', Number(count)]));

/** One night later, with as many nodes' and minutes' looks. */
async function night(): Promise<void> {
  scene.clock.advance(DAYS);
  const { jobs } = scene.gateway.app.building;
  for (let time = 0; time < 2; time += 1) await jobs.look();
}

describe('who has what, counted each night', () => {
  it('is missing before the first one, and says so', async () => {
    await scene.gateway.app.building.jobs.look();
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports');
    expect(page.text).toContain('Who has what is counted each night at three');
    expect(await rows(agent, 'adoption')).toEqual([]);
  });

  it('is at the short address as well, with what it chose', async () => {
    const { url } = scene.gateway;
    for (const [asked, leads] of [
      ['/reports', '/helpdesk/reports'],
      ['/reports?days=7&group=staff', '/helpdesk/reports?days=7&group=staff'],
      ['/reports?//elsewhere.example', '/helpdesk/reports?//elsewhere.example'],
    ]) {
      const answer = await fetch(`${url}${asked}`, { redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, leads]);
    }
  });

  it('is drawn against the dates of the policy, with who is left, and a night that nobody ran is a gap', async () => {
    const [staff, student] = [
      await scene.newcomer({ groups: 'staff' }),
      await appHolder(scene, { groups: 'students' }),
    ];
    expect((await staff.enter('courses')).url.pathname).toBe('/courses');
    await night();
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports');
    expect(page.text).not.toContain('counted each night at three');
    expect(page.body).toMatch(/<title>[^<]+: Set up [1-9]\d*, Not set up [1-9]/);
    expect(page.body).toMatch(/<title>Asked already: Not set up \d+</);
    expect(page.body).toMatch(/<title>Code app: People [1-9]\d*</);
    const before = await left(agent, '?group=staff');
    expect(before).toMatchObject({ [soon.toISOString().slice(0, 10)]: 1, now: 0 });
    expect(await left(agent, '?group=students')).not.toHaveProperty(soon.toISOString().slice(0, 10));
    scene.clock.advance(3 * DAYS);
    await night();
    const after = await agentAt(scene);
    const shares = (await rows(after, 'adoption', '?days=7')).map(([, some, none]) => Number(some) + Number(none));
    expect(shares.slice(-5).map((people) => people > 0)).toEqual([true, false, false, false, true]);
    // What is enrolled meanwhile is in the next night's, not in this one's.
    const have = await rows(after, 'have', '?group=students');
    expect(have.find(([method]) => method === 'totp')?.[1]).toBe('1');
    expect(student.username).not.toBe('');
  });

  it('marks the date once it has come, and counts whoever is asked as due', async () => {
    scene.clock.advance(20 * DAYS);
    await night();
    const agent = await agentAt(scene);
    expect(await left(agent, '?group=staff')).toMatchObject({ now: 1 });
    const page = await agent.open('/helpdesk/reports?days=30');
    expect(page.body).toContain('class="chart-mark"');
    expect(page.text).toContain('Rules begin to ask');
  });

  it('shows nobody people outside of their scope, nor whom a scope takes out', async () => {
    for (const groups of ['visitors', 'students;vip', 'staff;vip']) {
      const person = await scene.newcomer({ groups });
      await person.enter('courses');
    }
    await night();
    const day = await agentAt(scene);
    const count = async (query = '') => {
      const [, some, none] = (await rows(day, 'adoption', query)).at(-1) ?? [];
      return Number(some) + Number(none);
    };
    const [students, staff, all] = [await count('?group=students'), await count('?group=staff'), await count()];
    expect(students + staff).toBe(all);
    expect((await day.open('/helpdesk/reports?group=visitors')).status).toBe(400);
    expect((await day.open('/helpdesk/reports?group=vip')).status).toBe(400);
    for (const groups of ['numbers', 'night']) {
      const other = await agentAt(scene, groups);
      expect((await other.open(`${CHARTS}/adoption/csv`)).status).toBe(404);
    }
  });
});
