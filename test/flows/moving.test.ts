import { afterAll, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { DAYS } from '../support/clock.ts';
import { agentAt, DESK } from '../support/desk.ts';
import { approvedAt, atDuo, leadsToDuo, throughDuo } from '../support/duo.ts';
import { accountOf } from '../support/holders.ts';
import { type Someone, stage } from '../support/scene.ts';

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());

const END = Date.now() + 60 * DAYS;
const until = new Date(END).toISOString();
const DATA = { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 };

const scene = stage(() => ({
  config: {
    factors: { password: {}, totp: {}, fido2: {}, duo: duo.settings() },
    helpDesk: DESK,
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        {
          ...{
            name: 'payroll moves',
            applications: ['payroll'],
            groups: ['students', 'staff'],
            level: 'mfa',
            remember: '30d',
          },
          factors: [{ until, use: ['duo'] }, { use: ['totp', 'fido2'] }],
        },
        // The old proof is the evidence with which a new method is set up, and a password alone isn't.
        {
          name: 'account',
          applications: ['sallyport-account', 'sallyport-security'],
          level: 'mfa',
          factors: ['duo', 'totp', 'fido2'],
        },
        { name: 'no first method by a password', groups: ['students', 'staff'], firstEnrolment: false },
      ],
      suggestions: [{ factor: 'totp', groups: ['students'], times: 1 }],
    },
  },
}));

async function known(groups: string): Promise<Someone> {
  const someone = await scene.newcomer({ groups });
  duo.enrol(someone.username);
  return someone;
}

const at = (path: string) => `${scene.gateway.url}${path}`;

describe('on the page before the reports, what still asks for the old method', () => {
  /** A chart's file without its first line. */
  async function rows(query = ''): Promise<string[][]> {
    const agent = await agentAt(scene);
    const file = await agent.open(`/helpdesk/reports/charts/asking/csv${query}`);
    return file.body
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(','));
  }

  it('is drawn, in a file, by application and group, of the people in one’s scope', async () => {
    for (const groups of ['students', 'students', 'staff', 'vip']) await (await known(groups)).enter('library');
    scene.clock.advance(DAYS);
    for (let time = 0; time < 2; time += 1) await scene.gateway.app.building.jobs.look();
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports');
    expect(page.text).toContain('What still asks for the old method');
    expect(page.body).toMatch(/<title>Payroll: People 3</);
    expect(page.body).toMatch(/role="img" aria-label="A bar for each row\. [^"]*Payroll Duo: People 3/);
    const end = until.slice(0, 10);
    expect(await rows()).toEqual([['Payroll', 'duo', end, '3']]);
    expect(await rows('?group=students')).toEqual([['Payroll', 'duo', end, '2']]);
    expect(await rows('?application=payroll')).toEqual([['Payroll', 'duo', end, '3']]);
    expect(await rows('?application=library')).toEqual([]);
  });
});

describe('who still uses Duo', () => {
  it('is led, once, to set up a new method with the old proof as evidence, and uses that from then on', async () => {
    const someone = await known('students');
    const offered = await throughDuo(someone, await someone.enter('payroll'));
    expect(offered.body).toContain('name="suggest"');
    const setup = await someone.answer(offered, { suggest: 'yes' });
    expect((await someone.enrol(setup)).status).toBe(200);
    const again = await scene.elsewhere(someone).enter('payroll');
    expect(leadsToDuo(again)).toBe(false);
    expect(again.body).toContain('name="code"');
  });

  it('reads on their page what ends, where, when, and what to do; and no more once that is done', async () => {
    const someone = await known('staff');
    const asked = await someone.client.open(at('/account'));
    const page = await throughDuo(someone, await someone.password(asked, someone.username));
    const settled = page.body.includes('name="remember"') ? await someone.remember(page, 'no') : page;
    expect(settled.text).toContain('You still use Duo: three minutes to move');
    expect(settled.text).toContain('Duo no longer counts at Payroll');
    const led = await someone.client.open(at('/account/methods/add/totp'));
    const setup = leadsToDuo(led)
      ? await someone.client.open(await approvedAt(someone.client, await atDuo(someone, led)))
      : led;
    const done = await someone.enrol(setup);
    expect(done.text).not.toContain('three minutes to move');
  });

  it('sets up nothing with a password alone', async () => {
    const someone = await known('staff');
    const page = await someone.client.open(at('/account/methods/add/totp'));
    const after = await someone.password(page, someone.username);
    expect(after.body).not.toContain('otpauth:');
    expect(leadsToDuo(after)).toBe(true);
  });

  it('is counted by application and group, and named in the file', async () => {
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports/moving');
    expect(page.text).toMatch(/Payroll Duo .* \d+ \d+ ?% \d+/);
    expect(page.text).toContain('staff');
    // Drawn, and told to whoever doesn't see it.
    expect(page.body).toMatch(/<title>Payroll: Have moved [1-9]\d*, Not yet [1-9]\d*</);
    expect(page.body).toMatch(/role="img" aria-label="[^"]*Payroll [^"]*: Have moved [1-9]\d*, Not yet/);
    const file = await agent.open('/helpdesk/reports/moving/csv');
    const lines = file.body.split('\r\n').slice(1, -1);
    expect(lines.some((line) => line.includes(`,payroll,${until},duo,yes,totp`))).toBe(true);
    expect(lines.some((line) => line.includes(`,payroll,${until},duo,no,`))).toBe(true);
  });
});

describe('by department', () => {
  /** People of a department, so many of whom have what counts afterwards. */
  async function peopleOf(department: string, groups: string, all: number, through: number): Promise<string[]> {
    const names = Array.from({ length: all }, (_, nth) => `${groups}-${department.length}-${nth}`);
    const lines = names.map((name) => `${name},${groups},"${department}"`).join('\n');
    await scene.gateway.command('user import', [], {}, `username,groups,department\n${lines}\n`);
    for (const [nth, username] of names.entries()) {
      const id = await accountOf(scene, { username });
      if (nth < through) await scene.gateway.app.rooms.credentials.add(id, 'totp', 'App', DATA);
    }
    return names;
  }
  const rowOf = (text: string, department: string) =>
    new RegExp(`${department} Duo .*? (\\d+) (\\d+) ?% (\\d+)`).exec(text)?.slice(1).map(Number);

  it('says who is through and who isn’t, in the page, narrowed and in the file', async () => {
    const surgery = await peopleOf('Surgery', 'staff', 4, 1);
    await peopleOf('=Radiology, old', 'students', 2, 2);
    // Out of this agent's scope: neither they nor what their department is called is shown.
    await peopleOf('Board of nobody', 'vip', 1, 0);
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports/moving');
    expect(page.text).toContain('By department');
    expect(rowOf(page.text, 'Surgery')).toEqual([4, 25, 3]);
    expect(rowOf(page.text, '=Radiology, old')).toEqual([2, 100, 0]);
    expect(page.text).toMatch(/Not said Duo/);
    expect(page.text).not.toContain('Board of nobody');
    expect(page.body).toContain('href="/helpdesk/reports/moving?department=Surgery"');

    const narrowed = await agent.open('/helpdesk/reports/moving?department=Surgery');
    expect(rowOf(narrowed.text, 'Payroll')).toEqual([4, 25, 3]);
    expect(narrowed.text).not.toContain('Radiology');
    expect(narrowed.body).toContain('href="/helpdesk/reports/moving/csv?department=Surgery"');
    const file = await agent.open('/helpdesk/reports/moving/csv?department=Surgery');
    const [header = '', ...lines] = file.body.replace('\uFEFF', '').split('\r\n').slice(0, -1);
    expect(header.split(',').slice(0, 6)).toEqual([
      'user_name',
      'name',
      'email',
      'groups',
      'department',
      'application',
    ]);
    expect(lines.map((line) => line.split(',')[0]).sort()).toEqual(surgery);
    expect(lines.every((line) => line.includes(',staff,Surgery,payroll,'))).toBe(true);
    const all = (await agent.open('/helpdesk/reports/moving/csv')).body;
    expect(all).toContain(`"'=Radiology, old"`);
    expect(all).not.toContain('Board of nobody');

    const other = await agent.open('/helpdesk/reports/moving?application=library');
    expect(rowOf(other.text, 'Surgery')).toBeUndefined();
    const both = await agent.open('/helpdesk/reports/moving?department=Surgery&application=payroll');
    expect(rowOf(both.text, 'Payroll')).toEqual([4, 25, 3]);
  });

  it('has nobody wait for those who have left: they would never be through', async () => {
    const [leaver = '', stays = ''] = await peopleOf('Archives', 'staff', 2, 0);
    const agent = await agentAt(scene);
    expect(rowOf((await agent.open('/helpdesk/reports/moving')).text, 'Archives')).toEqual([2, 0, 2]);
    await scene.gateway.command('user disable', [leaver]);
    const { text } = await agent.open('/helpdesk/reports/moving');
    expect(rowOf(text, 'Archives')).toEqual([1, 0, 1]);
    const file = await agent.open('/helpdesk/reports/moving/csv?department=Archives');
    expect([file.body.includes(leaver), file.body.includes(stays)]).toEqual([false, true]);
    expect((await agent.open('/helpdesk/reports/enrolment/csv')).body).not.toContain(leaver);
    // Who is back is to move again.
    await scene.gateway.command('user enable', [leaver]);
    await scene.elsewhere({ username: leaver } as Someone).begin('payroll');
    await accountOf(scene, { username: leaver });
    expect(rowOf((await agent.open('/helpdesk/reports/moving')).text, 'Archives')).toEqual([2, 0, 2]);
  });

  it.each(['department=a&department=b', 'application=nothing', `department=${'a'.repeat(300)}`])(
    'takes no %s',
    async (query) => {
      const agent = await agentAt(scene);
      expect((await agent.open(`/helpdesk/reports/moving?${query}`)).status).toBe(404);
    },
  );
});
