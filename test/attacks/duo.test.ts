import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { APPROVED, type PromptAnswer } from '../../src/factors/duo/testing/duo-state.ts';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { Client, type Reply } from '../support/client.ts';
import { approvedAt, atDuo, leadsToDuo, moving, throughDuo } from '../support/duo.ts';
import { accountOf } from '../support/holders.ts';
import { asksCode, type Someone, stage } from '../support/scene.ts';

/** Answers of Duo's that are somebody else's, of another time, or no proof at all. */

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());
beforeEach(() => {
  duo.state.answer = APPROVED;
  duo.state.health = 'well';
});

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const scene = stage(() => ({ config: moving(duo) }));

async function atTheDoor(): Promise<{ someone: Someone; page: Awaited<ReturnType<Someone['enter']>> }> {
  const someone = await scene.newcomer();
  duo.enrol(someone.username);
  return { someone, page: await someone.enter('payroll') };
}

/** The other ways, by the link that a page has. */
const instead = ({ client }: Someone, page: Reply) =>
  client.open(new URL(/href="([^"]+\/methods)"/.exec(page.body)?.[1] ?? '/none', page.url));

const reasons = () =>
  scene
    .audit()
    .filter(({ event }) => event === 'sign-in.refused')
    .map(({ detail }) => (JSON.parse(detail) as { reason?: string }).reason);

describe('an answer of Duo’s', () => {
  it.each<[string, Partial<PromptAnswer>, RegExp]>([
    ['for another person', { claims: { preferred_username: 'somebody-else' } }, /another person/],
    ['of another application', { context: { application: { key: 'DIXXXXXXXXXXXXXXXXXX' } } }, /another application/],
    ['to another sign-in', { claims: { nonce: 'n'.repeat(43) } }, /another sign-in/],
    ['with no signature', { algorithm: 'none' }, /ERR_JOSE_ALG_NOT_ALLOWED/],
    ['with a weaker signature', { algorithm: 'HS256' }, /ERR_JOSE_ALG_NOT_ALLOWED/],
    ['with somebody else’s signature', { secret: 'x'.repeat(40) }, /ERR_JWS_SIGNATURE/],
    ['that denies', { result: 'deny' }, /result: deny/],
    ['by a bypass code', { factor: 'bypass_code', reason: 'valid_passcode' }, /factor not accepted/],
    [
      'for a browser that it remembers',
      { factor: 'remembered_device', reason: 'remembered_device' },
      /factor not accepted/,
    ],
    ['for somebody on bypass', { factor: 'not_available', reason: 'bypass_user' }, /nothing shown/],
    ['that is an error', { error: 'access_denied' }, /duo: access_denied/],
  ])('%s opens nothing', async (_what, answer, reason) => {
    const { someone, page } = await atTheDoor();
    duo.state.answer = { ...APPROVED, ...answer };
    const after = await throughDuo(someone, page);
    expect(after.url.pathname).toMatch(/^\/sign-in\//);
    expect(await someone.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().at(-1)).toMatch(reason);
    // They may try again, and what is right then is right.
    duo.state.answer = APPROVED;
    expect((await throughDuo(someone, after)).url.pathname).toBe('/payroll');
  });

  it('with another state, or none of ours, is nobody’s', async () => {
    const { someone, page } = await atTheDoor();
    duo.state.answer = { ...APPROVED, state: 'z'.repeat(43) };
    const after = await throughDuo(someone, page);
    expect(after.status).toBe(400);
    expect(await someone.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().at(-1)).toBe('unsolicited');
  });

  it('is taken once', async () => {
    const { someone, page } = await atTheDoor();
    const address = await approvedAt(someone.client, await atDuo(someone, page));
    expect((await someone.client.open(address)).url.pathname).toBe('/payroll');
    const other = scene.elsewhere(someone);
    await other.enter('payroll');
    expect((await other.client.open(address)).status).toBe(400);
    expect((await someone.client.open(address)).status).toBe(400);
    expect(await other.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().slice(-2)).toEqual(['unsolicited', 'unsolicited']);
  });

  it('opens nothing in another browser, and isn’t spent by it', async () => {
    const { someone, page } = await atTheDoor();
    const address = await approvedAt(someone.client, await atDuo(someone, page));
    const victim = await new Client().open(address);
    expect(victim.status).toBe(400);
    expect(victim.text).toContain('This sign-in began in another browser');
    await expect.poll(() => reasons().at(-1)).toBe('other-browser');
    expect((await someone.client.open(address)).url.pathname).toBe('/payroll');
  });

  it('with a code of somebody else’s visit is about them, and so about nobody here', async () => {
    const [mallory, ada] = [await atTheDoor(), await atTheDoor()];
    const hers = await approvedAt(ada.someone.client, await atDuo(ada.someone, ada.page));
    const his = await approvedAt(mallory.someone.client, await atDuo(mallory.someone, mallory.page));
    his.searchParams.set('duo_code', hers.searchParams.get('duo_code') ?? '');
    await mallory.someone.client.open(his);
    expect(await mallory.someone.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().at(-1)).toMatch(/another person/);
  });

  it('isn’t waited for without the password', async () => {
    const someone = await scene.newcomer();
    duo.enrol(someone.username);
    const page = await someone.begin('payroll');
    expect(page.body).not.toContain('to=duo');
    const forged = `${page.url.origin}${page.url.pathname}/leave?to=duo&step=x`;
    expect((await someone.client.open(forged)).url.href).not.toContain(duo.origin);
  });
});

describe('Duo, away or ill,', () => {
  it.each(['ill', 'away', 'busy'] as const)('opens nothing where the rule names it alone: %s', async (health) => {
    const { someone, page } = await atTheDoor();
    duo.state.health = health;
    const stayed = await atDuo(someone, page);
    expect(stayed.url.origin).toBe(scene.gateway.url);
    expect(stayed.text).toContain('Duo can’t be reached just now.');
    expect(await someone.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().at(-1)).toBe('duo: health check');
    duo.state.health = 'well';
    expect((await throughDuo(someone, stayed)).url.pathname).toBe('/payroll');
  });

  it('between the way there and the way back opens nothing either', async () => {
    const { someone, page } = await atTheDoor();
    const address = await approvedAt(someone.client, await atDuo(someone, page));
    duo.state.health = 'away';
    expect((await someone.client.open(address)).text).toContain('Duo can’t be reached just now.');
    expect(await someone.claims('payroll')).toBeUndefined();
    await expect.poll(() => reasons().at(-1)).toBe('duo: token: no answer');
  });

  it('leaves to another factor whoever has one, where the rule lets that in', async () => {
    const { someone } = await atTheDoor();
    const data = { secret: SECRET, algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 };
    await scene.gateway.app.rooms.credentials.add(await accountOf(scene, someone), 'totp', 'App', data);
    someone.authenticator = createAuthenticator(`otpauth://totp/a?secret=${SECRET}`);
    const other = scene.elsewhere(someone);
    const page = await other.enter('courses');
    duo.state.health = 'ill';
    const stayed = leadsToDuo(page) ? await atDuo(other, page) : page;
    const code = asksCode(stayed) ? stayed : await other.answer(await instead(other, stayed), { method: 'totp' });
    await other.remember(await other.code(code, scene.nextCode(other)), 'no');
    expect(await other.claims('courses')).toBeDefined();
  });
});
