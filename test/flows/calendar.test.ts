import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { DAYS, HOURS, MINUTES } from '../support/clock.ts';
import { appHolder } from '../support/holders.ts';
import { ceremonyOf, Passkey } from '../support/passkeys.ts';
import { asksCode, asksPassword, type Scene, type Someone, stage } from '../support/scene.ts';

const ZONE = 'Asia/Hong_Kong';
const HONG_KONG = 8 * HOURS;
/** Midnight in Hong Kong, so many days from now. */
const midnight = (days: number) => Math.floor((Date.now() + HONG_KONG) / DAYS + days) * DAYS - HONG_KONG;
const dateOf = (at: number) => new Date(at + HONG_KONG).toISOString().slice(0, 10);

const STARTED = Date.now();
const KEYS_FROM = midnight(10);
const CODES_UNTIL = midnight(20);
const calendar = [
  { until: dateOf(CODES_UNTIL), use: ['totp'] },
  { from: dateOf(KEYS_FROM), use: ['fido2'] },
];

/** Moves the clock to a moment; only forwards. */
function travel(scene: Scene, to: number): void {
  scene.clock.advance(to - Date.now());
}

const asksKey = (page: { body: string }) =>
  ceremonyOf(page as never) !== undefined && !page.body.includes('name="code"');

describe('a rule with a calendar', () => {
  const scene = stage(() => ({
    config: {
      timeZone: ZONE,
      sessions: { lifetime: '30d', idle: '30d' },
      factors: { password: {}, totp: {}, fido2: {} },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d', factors: calendar },
          { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: '30d' },
          { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        ],
      },
    },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const applications = async () => (await new Client().get(at('/applications'))).text;

  /** With an app and a key. */
  async function both(remember: 'yes' | 'no' = 'no'): Promise<{ someone: Someone; key: Passkey }> {
    const someone = await appHolder(scene, { remember });
    const key = new Passkey(scene.gateway);
    await key.enrol(someone, await someone.client.open(at('/account/methods/add/fido2')));
    return { someone, key };
  }

  const explain = async ({ username: account }: Someone, when: string) =>
    (await scene.gateway.command('policy explain', [], { account, application: 'courses', at: when })).join('\n');

  async function refresh(someone: Someone): Promise<number> {
    const reply = await someone.client.post(`${scene.gateway.relyingParty}/courses/refresh`);
    return (await someone.client.follow(reply)).status;
  }

  it('asks by one factor, then by either, then by the other: sessions, devices and tokens too', async () => {
    const { someone, key } = await both();
    const remembered = await both('yes');
    const keyless = await appHolder(scene);
    const day = (at: number) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: ZONE }).format(at);
    const [codesEnd, keysBegin] = [day(CODES_UNTIL), day(KEYS_FROM)];
    expect(await applications()).toMatch(new RegExp(`until ${codesEnd} by [^;]+; from ${keysBegin} on by`));

    const page = await scene.elsewhere(someone).enter('courses');
    expect(asksCode(page)).toBe(true);
    expect(page.body).not.toContain('fido2');

    travel(scene, KEYS_FROM - 1 * MINUTES);
    expect(asksCode(await scene.elsewhere(someone).enter('courses'))).toBe(true);
    const early = scene.elsewhere(someone);
    await key.use(early, await early.begin('payroll'));
    // What the key has proven counts for nothing there, not as a first step either.
    expect(asksPassword(await early.begin('courses'))).toBe(true);

    travel(scene, KEYS_FROM + 1);
    expect(await applications()).toMatch(new RegExp(`until ${codesEnd} by [^;]+; by `));
    const byKey = scene.elsewhere(someone);
    expect((await key.use(byKey, await byKey.begin('courses'))).url.pathname).toBe('/courses');
    const byCode = scene.elsewhere(keyless);
    expect(asksCode(await byCode.enter('courses'))).toBe(true);

    travel(scene, CODES_UNTIL - 10 * MINUTES);
    const last = scene.elsewhere(keyless);
    const back = await last.code(await last.enter('courses'), scene.nextCode(last));
    await last.remember(back, 'no');
    expect((await last.begin('courses')).url.pathname).toBe('/courses');
    expect(await refresh(last)).toBe(200);
    remembered.someone.client.jar.restart();
    expect((await remembered.someone.enter('courses')).url.pathname).toBe('/courses');

    travel(scene, CODES_UNTIL + 1);
    expect(await applications()).not.toContain('until');
    // The same session, which holds a code of ten minutes ago.
    const asked = await last.begin('courses');
    expect(asked.url.pathname).not.toBe('/courses');
    expect(asksCode(asked)).toBe(false);
    expect(await refresh(last)).not.toBe(200);
    remembered.someone.client.jar.restart();
    const anew = await remembered.someone.enter('courses');
    expect(asksKey(anew)).toBe(true);
    expect((await remembered.key.use(remembered.someone, anew)).url.pathname).toBe('/courses');
  });

  it('is explained for any date', async () => {
    const someone = await scene.newcomer();
    const before = await explain(someone, dateOf(STARTED));
    expect(before).toMatch(/^factors +totp$/m);
    expect(before).toContain(`from ${new Date(KEYS_FROM).toISOString()}`);
    expect(before).toMatch(/^from .* factors fido2, totp$/m);
    expect(before).toMatch(/^from .* factors fido2$/m);
    expect(await explain(someone, dateOf(KEYS_FROM))).toMatch(/^factors +fido2, totp$/m);
    expect(await explain(someone, dateOf(CODES_UNTIL))).toMatch(/^factors +fido2$/m);
  });
});
