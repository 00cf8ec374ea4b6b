import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { APPROVED } from '../../src/factors/duo/testing/duo-state.ts';
import { Client } from '../support/client.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { throughDuo } from '../support/duo.ts';
import { forms } from '../support/forms.ts';
import { ownForm, post, type Someone, stage } from '../support/scene.ts';

/** The old proof is the evidence for a new method: what is no proof of this person, now, sets up nothing. */

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());
beforeEach(() => {
  duo.state.answer = APPROVED;
});

const START = Date.now();
const on = (days: number) => new Date(START + days * DAYS).toISOString();

const scene = stage(() => ({
  config: {
    factors: { password: {}, totp: {}, fido2: {}, duo: duo.settings({ accept: { rememberedDevices: true } }) },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'all', level: 'mfa', remember: 'never', factors: ['duo', 'totp', 'fido2'] },
        { name: 'no first method by a password', firstEnrolment: false },
      ],
      campaigns: [
        {
          ...{ name: 'leave Duo', groups: ['students'], leaves: ['duo'], to: ['totp'] },
          ...{ from: on(-1), end: on(60), snooze: '5d' },
        },
      ],
    },
  },
}));

async function known(): Promise<Someone> {
  const someone = await scene.newcomer();
  duo.enrol(someone.username);
  return someone;
}

const byDuo = async (someone: Someone) => throughDuo(someone, await someone.enter('courses'));
const isLed = (page: { body: string }) => page.body.includes('name="move"');
const setsUp = (page: { body: string }) => page.body.includes('otpauth:');
const has = async (someone: Someone) => {
  const { accounts, credentials } = scene.gateway.app.rooms;
  const found = await accounts.find(someone.username);
  return found ? (await credentials.ofAccount(found.id)).map(({ factor }) => factor) : [];
};

describe('an old proof', () => {
  it('of a browser that Duo remembers, which nobody has shown now, leads nowhere', async () => {
    const someone = await known();
    duo.state.answer = { ...APPROVED, factor: 'remembered_device', reason: 'remembered_device' };
    const page = await byDuo(someone);
    expect(page.url.pathname).toBe('/courses');
    expect(isLed(page)).toBe(false);
    const { body } = await someone.client.open(`${scene.gateway.url}/account/methods/add/totp`);
    expect(body).not.toContain('otpauth:');
  });

  it('that isn’t there: a password alone is led nowhere, and says so by no field of its own', async () => {
    const someone = await known();
    const page = await someone.enter('courses');
    const [{ fields } = { fields: {} }] = forms(page.body).filter(({ action }) => action.endsWith('/switch'));
    const forged = await someone.client.post(page.url, { ...fields, move: 'totp', factor: 'totp', suggest: 'yes' });
    expect(forged.status).toBeLessThan(500);
    expect(setsUp(await someone.client.follow(forged))).toBe(false);
    expect(await someone.claims('courses')).toBeUndefined();
    expect(await has(someone)).not.toContain('totp');
  });

  it('sets up what the campaign leads to, and nothing that is named beside it', async () => {
    const someone = await known();
    const page = await byDuo(someone);
    expect(isLed(page)).toBe(true);
    for (const move of ['fido2', 'password', 'duo', '', 'constructor', '../totp']) {
      const answered = await someone.client.follow(await post(someone, page, { move }));
      expect(answered.text).toContain('You still use Duo');
    }
    expect(await has(someone)).not.toContain('fido2');
    expect(setsUp(await someone.answer(page, { move: 'totp' }))).toBe(true);
  });

  it('is no other browser’s, nor another site’s to press the button for', async () => {
    const someone = await known();
    const page = await byDuo(someone);
    const { url, fields } = ownForm(page);
    const stolen = await new Client().post(url, { ...fields, move: 'totp' });
    expect(stolen.status).toBe(400);
    expect(setsUp(stolen)).toBe(false);
    const planted = await someone.client.post(url, { ...fields, move: 'totp' }, { from: 'https://evil.example' });
    expect(planted.status).toBeGreaterThanOrEqual(400);
    expect(await has(someone)).not.toContain('totp');
  });

  it('is spent with the sign-in: its page answers nothing once that has gone on', async () => {
    const someone = await known();
    const page = await byDuo(someone);
    expect((await someone.answer(page, { move: 'later' })).url.pathname).toBe('/courses');
    const { url, fields } = ownForm(page);
    const again = await someone.client.follow(await someone.client.post(url, { ...fields, move: 'totp' }));
    expect(setsUp(again)).toBe(false);
    expect(await has(someone)).not.toContain('totp');
  });

  it('is too old hours later, with the page still open', async () => {
    const someone = await known();
    const page = await byDuo(someone);
    scene.clock.advance(5 * HOURS);
    const late = await someone.client.follow(await post(someone, page, { move: 'totp' }));
    expect(setsUp(late)).toBe(false);
    expect(await has(someone)).not.toContain('totp');
  });

  it('leads in one of two tabs that come back at once', async () => {
    const someone = await known();
    const other = scene.elsewhere(someone);
    const [here, there] = [await someone.enter('courses'), await other.enter('courses')];
    const pages = await Promise.all([throughDuo(someone, here), throughDuo(other, there)]);
    expect(pages.filter(isLed)).toHaveLength(1);
  });
});
