import { afterAll, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { agentAt, DESK } from '../support/desk.ts';
import { leadsToDuo, throughDuo } from '../support/duo.ts';
import { accountOf } from '../support/holders.ts';
import { MAILBOX, notices } from '../support/mail.ts';
import { type Someone, stage } from '../support/scene.ts';

/** A campaign with dates of its own: no rule ends anything, and all that leads people is the campaign. */

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());

const START = Date.now();
const dayOf = (days: number) => START + days * DAYS;
const on = (days: number) => new Date(dayOf(days)).toISOString();
const CAMPAIGN = {
  ...{ name: 'students leave Duo', groups: ['students', 'clinic'], leaves: ['duo'], to: ['totp', 'fido2'] },
  ...{ from: on(10), end: on(60), reminders: ['30d', '7d'], snooze: '5d' },
};

const LED = ['students', 'clinic', 'staff'];

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    factors: { password: {}, totp: {}, fido2: {}, duo: duo.settings() },
    helpDesk: DESK,
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        {
          ...{ name: 'all else', applications: ['courses', 'payroll', 'sallyport-account', 'sallyport-security'] },
          ...{ groups: LED, level: 'mfa', remember: 'never', factors: ['duo', 'totp', 'fido2'] },
        },
        { name: 'no first method by a password', groups: LED, firstEnrolment: false },
      ],
      campaigns: [CAMPAIGN],
    },
  },
}));

let count = 0;
async function known(groups = 'students'): Promise<Someone & { email: string }> {
  count += 1;
  const email = `led${count}@university.example`;
  const someone = await scene.newcomer({ groups, email });
  duo.enrol(someone.username);
  return Object.assign(someone, { email });
}

const travel = (days: number) => scene.clock.advance(dayOf(days) - scene.gateway.now());
const isLed = (page: { body: string }) => page.body.includes('name="move"');

/** A sign-in to Payroll by Duo, at a browser of its own: what comes after the proof. */
async function byDuo(someone: Someone) {
  const other = scene.elsewhere(someone);
  return { other, page: await throughDuo(other, await other.enter('payroll')) };
}

/** Each day of the job, as often as nodes, minutes and restarts would have it. */
async function live(days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    scene.clock.advance(DAYS);
    const { jobs } = scene.gateway.app.building;
    for (let time = 0; time < 2; time += 1) await jobs.look();
  }
}

const told = async (someone: Someone, event = 'campaign.told') => {
  const id = await accountOf(scene, someone);
  return scene.audit().filter((row) => row.account === id && row.event === event);
};

describe('a campaign', () => {
  it('leads nobody before it begins, and everybody who used the old from then on: later, and not again for a while', async () => {
    const someone = await known();
    expect((await byDuo(someone)).page.url.pathname).toBe('/payroll');
    travel(11);
    const password = scene.elsewhere(someone);
    expect((await password.enter('library')).url.pathname).toBe('/library');

    const { other, page } = await byDuo(someone);
    expect(page.text).toContain('You still use Duo: three minutes to move');
    expect(page.text).toContain('You have just shown with Duo that it’s you');
    const gone = await other.answer(page, { move: 'later' });
    expect(gone.url.pathname).toBe('/payroll');
    const led = async () => (await told(someone, 'campaign.led')).map(({ detail }) => JSON.parse(detail).campaign);
    await expect.poll(led).toEqual([CAMPAIGN.name]);
    await expect.poll(() => told(someone, 'campaign.postponed')).toHaveLength(1);
    expect((await byDuo(someone)).page.url.pathname).toBe('/payroll');
    scene.clock.advance(5 * DAYS + 1 * HOURS);
    expect(isLed((await byDuo(someone)).page)).toBe(true);
  });

  it('has the old proof set up the new method, and leads no more once there is one', async () => {
    const someone = await known('clinic');
    const { other, page } = await byDuo(someone);
    const setup = await other.answer(page, { move: 'totp' });
    expect(setup.body).toContain('otpauth:');
    expect((await other.enrol(setup)).url.pathname).toBe('/payroll');
    someone.authenticator = other.authenticator;
    const again = await byDuo(someone).catch(() => undefined);
    expect(again === undefined || !isLed(again.page)).toBe(true);
  });

  it('is left alone by whoever isn’t of its groups', async () => {
    const someone = await known('staff');
    expect((await byDuo(someone)).page.url.pathname).toBe('/payroll');
  });

  it('stands on their page, with its own date', async () => {
    const someone = await known();
    const page = await throughDuo(
      someone,
      await someone.password(await someone.client.open(`${scene.gateway.url}/account`), someone.username),
    );
    const led = isLed(page) ? await someone.answer(page, { move: 'later' }) : page;
    expect(led.text).toContain('You still use Duo: three minutes to move');
    expect(led.text).toContain('Example University asks you to set up another method before');
    expect(led.body).toContain('/account/methods/add/totp');
  });

  it('is written of as it begins and at each reminder, once, in their language, to whoever isn’t through', async () => {
    const people = { late: await known(), moved: await known(), other: await known('staff'), gone: await known() };
    for (const one of Object.values(people)) await one.enter('library');
    await people.late.client.open(new URL('/language?to=zh-Hant&back=/', scene.gateway.url));
    await scene.gateway.command('user disable', [people.gone.username]);
    await live(2);
    const { other, page } = await byDuo(people.moved);
    await other.enrol(await other.answer(page, { move: 'totp' }));
    const [first] = await notices(scene.gateway, people.late.email, 1);
    await scene.restart();
    while (scene.gateway.now() < dayOf(62)) await live(1);

    const letters = [...(await notices(scene.gateway, people.late.email, 2)), first];
    expect(letters.map((letter) => letter?.subject?.replace(/^.*?[:：] ?/, ''))).toEqual([
      '您仍在使用舊的登入方式',
      '您仍在使用舊的登入方式',
      '用三分鐘改用另一種登入方式',
    ]);
    expect(letters[0]?.text).toContain('完成期限');
    expect((await told(people.late)).map(({ detail }) => JSON.parse(detail))).toMatchObject([
      { campaign: CAMPAIGN.name, ends: dayOf(60), factor: 'duo' },
      { before: 30 * DAYS },
      { before: 7 * DAYS },
    ]);
    expect(await told(people.moved)).toHaveLength(1);
    expect([...(await told(people.other)), ...(await told(people.gone))]).toEqual([]);
  });

  it('is counted by its groups, and in the file by name; what still asks for the old is told', async () => {
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports/moving');
    expect(page.text).toMatch(/students leave Duo students Duo .* \d+ \d+ ?% \d+/);
    expect(page.text).toMatch(/What still asks for the old method .* Payroll Duo no end \d+/);
    expect(page.body).toMatch(/<title>students leave Duo: Have moved \d+, Not yet \d+</);
    expect(page.body).toMatch(/<title>Payroll: People [1-9]\d*</);
    const lines = (await agent.open('/helpdesk/reports/moving/csv')).body.split('\r\n');
    expect(lines[0]).toMatch(/,campaign$/);
    expect(lines.some((line) => line.includes(`${on(60)},duo,yes,totp,students leave Duo`))).toBe(true);
    expect(lines.some((line) => line.includes(`${on(60)},duo,no,,students leave Duo`))).toBe(true);
  });

  it('has sign-ins counted by the provider that was asked, and by the day', async () => {
    expect((await byDuo(await known())).page.url.pathname).toBe('/payroll');
    const lines = await scene.gateway.command('report sign-ins', [], { by: 'day,method' });
    const today = new Date(scene.gateway.now()).toISOString().slice(0, 10);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${today}\\tpassword\\+duo\\t[1-9]`)));
  });

  it('is over at its end, though the old goes on', async () => {
    const someone = await known();
    expect((await byDuo(someone)).page.url.pathname).toBe('/payroll');
    const page = await someone.password(await someone.client.open(`${scene.gateway.url}/account`), someone.username);
    expect(leadsToDuo(page)).toBe(true);
    expect((await throughDuo(someone, page)).text).not.toContain('three minutes to move');
  });
});
