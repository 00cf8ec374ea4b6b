import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntra } from '../../src/doors/entra/testing/entra.ts';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { startPushService } from '../../src/factors/push/testing/push-service.ts';
import { add, settleWithApp } from '../browser/passkeys.ts';
import { Phone } from '../browser/phone.ts';
import { browserScene, closeBrowser } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import type { Visitor } from '../browser/visitor.ts';
import { type Clock, DAYS, movableClock } from '../support/clock.ts';
import { DESK } from '../support/desk.ts';
import { newObject, OFFICE } from '../support/entra.ts';
import { PASSWORD } from '../support/gateway.ts';

/**
 * Two people of the staff in real browsers, at four dates of the year: Duo alone, the campaign, both side by side, and
 * after the last day. One moves, and their phone serves Microsoft 365 as well; the other lets every date go by.
 */

const SHOTS = process.env.SALLYPORT_SHOTS;
const PHONE = { viewport: { width: 390, height: 844 } };
const START = Date.now();
const [CAMPAIGN, OVERLAP, LAST_LETTER, END] = [30, 60, 80, 90];
const on = (days: number) => new Date(START + days * DAYS).toISOString();

const [duo, entra, push] = await Promise.all([
  startDuo(() => Date.now()),
  startEntra(() => Date.now()),
  startPushService({ now: () => Date.now() }),
]);
afterAll(async () => {
  await closeBrowser();
  await Promise.all([duo.close(), entra.close(), push.close()]);
});

describe('the year in which Duo ends', () => {
  let clock: Clock;
  beforeAll(() => {
    clock = movableClock();
    return () => clock.restore();
  });
  const scene = browserScene(() => ({
    config: {
      factors: { password: {}, totp: {}, fido2: {}, push: { services: [push.origin] }, duo: duo.settings() },
      doors: { oidc: {}, entra: {} },
      applications: { office: { name: 'Microsoft 365', entra: entra.settings() } },
      helpDesk: DESK,
      support: { email: 'helpdesk@university.example' },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          {
            ...{ name: 'payroll moves', applications: ['payroll'], groups: ['staff'], level: 'mfa', remember: 'never' },
            factors: [
              { until: on(END), use: ['duo'] },
              { from: on(OVERLAP), use: ['push', 'totp'] },
            ],
          },
          { name: 'Microsoft 365 asks us', applications: ['office'], level: 'mfa', remember: 'never' },
          {
            ...{ name: 'one’s own account', applications: ['sallyport-account', 'sallyport-security'] },
            ...{ groups: ['staff'], level: 'mfa', factors: ['duo', 'push', 'totp'] },
          },
          { name: 'no first method by a password alone', groups: ['staff'], firstEnrolment: false },
        ],
        campaigns: [
          {
            ...{ name: 'staff leave Duo', groups: ['staff'], leaves: ['duo'], to: ['push', 'totp'] },
            ...{ from: on(CAMPAIGN), end: on(LAST_LETTER) },
          },
        ],
      },
    },
  }));

  const travel = (days: number) => clock.advance(START + days * DAYS - Date.now());
  const at = (path: string) => `${scene.gateway.url}${path}`;

  /** No fault of the page's, and its picture, on a desk by day and on a phone by night. */
  async function seen(me: Visitor, name: string): Promise<void> {
    expect(await me.faults()).toEqual([]);
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    const usual = me.page.viewportSize();
    await me.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    await me.page.setViewportSize(PHONE.viewport);
    await me.page.emulateMedia({ colorScheme: 'dark' });
    await me.page.screenshot({ path: join(SHOTS, `${name}-phone-dark.png`), fullPage: true });
    await me.page.emulateMedia({ colorScheme: 'light' });
    if (usual) await me.page.setViewportSize(usual);
  }

  /** At a browser that knows nobody, up to what comes after the password. */
  async function enter(me: Visitor & { username: string }, application: 'payroll' | 'library'): Promise<void> {
    await me.context.clearCookies();
    await me.page.goto(`${me.home(application)}/login`);
    await me.page.locator('#username').fill(me.username);
    await me.page.locator('#password').fill(PASSWORD);
    await me.page.locator('#password').press('Enter');
  }

  const wayToDuo = ({ page }: Visitor) => page.locator('a[href*="to=duo"]');
  const led = ({ page }: Visitor) => page.locator('button[name="move"][value="later"]');

  async function throughDuo(me: Visitor): Promise<void> {
    await wayToDuo(me).click();
    await me.page.getByRole('heading', { name: 'Check for a Duo Push' }).waitFor();
    await me.page.getByRole('button', { name: 'Approve' }).click();
  }

  const arrived = (me: Visitor, application: 'payroll' | 'library' = 'payroll') =>
    me.page.waitForURL(`${me.home(application)}`);

  it('lets whoever moves go on by their phone, and tells whoever doesn’t what to do', {
    timeout: 150_000,
  }, async () => {
    const mover = await scene.visit({ groups: 'staff' });
    const late = await scene.visit({ groups: 'staff', locale: 'zh-TW', ...PHONE });
    const oid = newObject();
    const phone = await Phone.take({ app: at('/authenticator/'), push });
    for (const { username } of [mover, late]) duo.enrol(username);
    await scene.gateway.command('migrate entra', [], {}, `userPrincipalName,id\n${mover.username},${oid}\n`);
    await entra.discover(at(OFFICE));

    // The first date: Duo, as ever, and the date from which on it isn't.
    await enter(mover, 'payroll');
    await seen(mover, '1-duo');
    await throughDuo(mover);
    await arrived(mover);
    await mover.page.goto(at('/applications'));
    await mover.page
      .getByText(/until .* by Duo; from .* on by/)
      .first()
      .waitFor();
    await seen(mover, '1-applications');

    // The second: the campaign has begun. It can wait; a week later it asks again, and the old proof is enough.
    travel(CAMPAIGN + 1);
    await enter(late, 'payroll');
    await throughDuo(late);
    await led(late).waitFor();
    await seen(late, '2-move-zh-Hant');
    await led(late).click();
    await arrived(late);
    await enter(mover, 'payroll');
    await throughDuo(mover);
    await mover.page.getByRole('heading', { name: 'You still use Duo: three minutes to move' }).waitFor();
    await seen(mover, '2-move');
    await led(mover).click();
    await arrived(mover);
    await enter(mover, 'payroll');
    await throughDuo(mover);
    await arrived(mover);
    travel(CAMPAIGN + 9);
    await enter(mover, 'payroll');
    await throughDuo(mover);
    await mover.press(/Phone approval/);
    await seen(mover, '2-phone');
    await phone.add(await mover.page.locator('#key').innerText(), 'My phone');
    await phone.heard();
    await mover.press('Yes, this is my phone');
    await arrived(mover);
    await phone.follow('Done');

    // The third: either will do. The phone opens Payroll and Microsoft 365; Duo opens Payroll still.
    travel(OVERLAP + 1);
    await enter(mover, 'payroll');
    const number = mover.page.locator('.number');
    await number.waitFor();
    await seen(mover, '3-push');
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve((await number.innerText()).trim());
    await phone.shows('You’re signing in');
    await arrived(mover);
    await phone.follow('Done');

    await mover.context.clearCookies();
    await mover.page.goto(await entra.sends(at(OFFICE), { oid, claims: { preferred_username: 'mover@uni.example' } }));
    await mover.press('Use another method');
    await mover.page.getByRole('heading', { name: 'Is this you?' }).waitFor();
    await seen(mover, '3-entra-asks');
    await mover.press('Continue');
    await number.waitFor();
    await seen(mover, '3-entra-push');
    await phone.receive();
    await phone.shows('Are you signing in to Microsoft 365?');
    await phone.approve((await number.innerText()).trim());
    await phone.shows('You’re signing in');
    await mover.page.getByText('Signed in').waitFor();
    await phone.follow('Done');
    expect(mover.page.url()).toBe(`${entra.authority}/common/federation/externalauthprovider`);
    expect(entra.judged).toEqual([{ acr: 'possessionorinherence', amr: 'swk' }]);

    await enter(late, 'payroll');
    await throughDuo(late);
    await led(late).click();
    await arrived(late);
    await late.page.goto(at('/account'));
    await late.page.locator('.safety a[href="/account/methods/add/push"]').first().waitFor();
    await seen(late, '3-account-zh-Hant');

    // The fourth: Duo is over. Who moved notices nothing; who didn't is told whom to ask, and isn't let in.
    travel(END + 1);
    await enter(mover, 'payroll');
    await number.waitFor();
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve((await number.innerText()).trim());
    await arrived(mover);
    await enter(late, 'payroll');
    await late.page.locator('a[href="mailto:helpdesk@university.example"]').first().waitFor();
    expect(await wayToDuo(late).count()).toBe(0);
    await seen(late, '4-refused-zh-Hant');
    expect(await late.claims('payroll')).toBeUndefined();
    await phone.leave();
  });

  it('is counted by application, group and campaign, on a page of the desk', { timeout: 120_000 }, async () => {
    const agent = await scene.visit({ groups: 'desk' });
    await SecurityKey.plugIn(agent.page, { builtIn: false });
    await settleWithApp(agent);
    await add(agent);
    await agent.page.goto(at('/helpdesk'));
    const asked = agent.page.getByRole('button', { name: /passkey/ }).first();
    await agent.page.getByRole('heading', { name: 'Help desk' }).or(asked).first().waitFor();
    if (await asked.isVisible()) await asked.click();
    await agent.page.goto(at('/helpdesk/reports/moving'));
    await agent.page.getByRole('heading', { name: 'Who has moved' }).waitFor();
    await seen(agent, '4-report');
  });
});
