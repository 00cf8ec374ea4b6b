import { afterAll, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { DAYS } from '../support/clock.ts';
import { agentAt, DESK } from '../support/desk.ts';
import { approvedAt, atDuo, leadsToDuo, throughDuo } from '../support/duo.ts';
import { type Someone, stage } from '../support/scene.ts';

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());

const END = Date.now() + 60 * DAYS;
const until = new Date(END).toISOString();

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
