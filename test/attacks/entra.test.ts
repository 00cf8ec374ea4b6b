import { generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPLICATION, type Asking, OTHER_TENANT, startEntra } from '../../src/doors/entra/testing/entra.ts';
import { Client } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { asTenant, backAtEntra, goOn, newObject, OFFICE, pinned, sentHere } from '../support/entra.ts';
import { type Someone, stage } from '../support/scene.ts';

/** Requests that Entra didn't make, or not about this person, or that another site planted. */

const entra = await startEntra(() => Date.now());
afterAll(() => entra.close());

const scene = stage(() => ({
  config: { ...asTenant(entra), policy: { rules: [{ name: 'all', level: 'mfa', remember: '30d' }] } },
}));

let someone: Someone;
let oid: string;
beforeAll(async () => {
  someone = await scene.member();
  oid = await pinned(scene, someone);
  await entra.discover(`${scene.gateway.url}${OFFICE}`);
});

const reasons = () =>
  scene
    .audit()
    .filter(({ event }) => event === 'external-method.refused')
    .map(({ detail }) => (JSON.parse(detail) as { reason: string }).reason);

const now = () => Math.floor(Date.now() / 1000);
const stranger = await generateKeyPair('RS256');

describe('a hint', () => {
  it.each<[string, () => Omit<Asking, 'oid'>, string]>([
    ['of another tenant', () => ({ claims: { tid: OTHER_TENANT } }), 'hint: another tenant'],
    [
      'of another issuer',
      () => ({ claims: { iss: `${entra.authority}/${OTHER_TENANT}/v2.0` } }),
      'hint: another issuer',
    ],
    [
      'for another registration',
      () => ({ claims: { aud: '00001111-aaaa-2222-bbbb-3333cccc5555' } }),
      'hint: another audience',
    ],
    [
      'for us and another at once',
      () => ({ claims: { aud: [APPLICATION, '00001111-aaaa-2222-bbbb-3333cccc5555'] } }),
      'hint: claims are missing',
    ],
    ['for us alone, in a list', () => ({ claims: { aud: [APPLICATION] } }), 'hint: claims are missing'],
    ['of half an hour ago', () => ({ claims: { iat: now() - 1800, nbf: now() - 1800 } }), 'hint: too old'],
    ['of a time to come', () => ({ claims: { iat: now() + 600 } }), 'hint: of a time to come'],
    ['without its time', () => ({ claims: { iat: undefined } }), 'hint: claims are missing'],
    ['signed by somebody', () => ({ key: stranger.privateKey }), 'hint: ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['by a key that nobody has', () => ({ key: stranger.privateKey, kid: 'none' }), 'hint: ERR_JWKS_NO_MATCHING_KEY'],
    ['that is none', () => ({ fields: { id_token_hint: 'x.y.z' } }), 'hint: ERR_JWS_INVALID'],
    ['that isn’t there', () => ({ fields: { id_token_hint: undefined } }), 'id_token_hint'],
    ['for another client', () => ({ fields: { client_id: 'somebody' } }), 'client_id'],
    ['to be answered elsewhere', () => ({ fields: { redirect_uri: 'https://evil.example/cb' } }), 'redirect_uri'],
    ['asked by GET’s mode', () => ({ fields: { response_mode: 'fragment' } }), 'response_mode'],
    ['for a code', () => ({ fields: { response_type: 'code' } }), 'response_type'],
    ['with claims that can’t be read', () => ({ fields: { claims: '{' } }), 'claims'],
  ])('%s leads to nothing', async (_what, change, reason) => {
    const page = await sentHere(scene, entra, new Client(), { oid, ...change() });
    expect(page.status).toBe(400);
    expect(page.body).not.toContain('externalauthprovider');
    await expect.poll(() => reasons().at(-1)).toBe(reason);
  });

  it('without nonce and state is answered all the same, and by nothing that was made up', async () => {
    const client = scene.elsewhere(someone).client;
    const page = await sentHere(scene, entra, client, { oid, fields: { nonce: undefined, state: undefined } });
    const asked = await goOn(client, page);
    expect(asked.body).toContain('name="code"');
  });
});

describe('an object of the tenant', () => {
  it('isn’t swapped for another in a hint that was signed', async () => {
    const mallory = await scene.member();
    const fields = await entra.ask({ oid: await pinned(scene, mallory) });
    const [header, payload = '', signature] = (fields.id_token_hint ?? '').split('.');
    const said = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const swapped = Buffer.from(JSON.stringify({ ...said, oid })).toString('base64url');
    const hint = [header, swapped, signature].join('.');
    const page = await sentHere(scene, entra, new Client(), { oid, fields: { id_token_hint: hint } });
    expect(page.status).toBe(400);
    expect(page.text).not.toContain(someone.username);
    await expect.poll(() => reasons().at(-1)).toBe('hint: ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  it('is whose it is whatever the claims beside it say: the answer is about its owner alone', async () => {
    const mallory = await scene.member();
    const theirs = await pinned(scene, mallory);
    const page = await sentHere(scene, entra, mallory.client, {
      ...{
        oid: theirs,
        claims: { preferred_username: someone.username, upn: someone.username, email: someone.username },
      },
    });
    const asked = await goOn(mallory.client, page);
    // A code of the other person's opens nothing.
    const wrong = await mallory.code(asked, scene.nextCode(someone));
    expect(wrong.body).not.toContain('id_token');
  });

  it('that is somebody’s isn’t given to another by a later import', async () => {
    const other = await scene.newcomer();
    await expect(pinned(scene, other, oid)).rejects.toThrow('another account’s here');
    const page = await sentHere(scene, entra, new Client(), { oid });
    expect(page.text).toContain(someone.username);
  });

  it('is known by its ID alone, whatever name it goes by', async () => {
    const claims = { preferred_username: someone.username };
    const page = await sentHere(scene, entra, new Client(), { oid: newObject(), claims });
    expect(page.status).toBe(403);
    await expect.poll(() => reasons().at(-1)).toBe('no account');
  });
});

describe('a request that another site planted', () => {
  it('asks nobody’s phone, and its page is of no use elsewhere', async () => {
    const victim = new Client();
    const page = await sentHere(scene, entra, victim, { oid });
    const mallory = new Client();
    expect((await mallory.open(page.url)).status).toBe(400);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const begun = await mallory.post(`${scene.gateway.url}${OFFICE}/begin`, { csrf }, { from: 'https://evil.example' });
    expect(begun.status).toBeGreaterThanOrEqual(400);
    await expect.poll(() => reasons().at(-1)).toBe('no page of this browser');
    const before = reasons().length;
    // Nor may another site press the button in the victim's own browser.
    const pressed = await victim.post(
      `${scene.gateway.url}${OFFICE}/begin`,
      { csrf },
      { from: 'https://evil.example' },
    );
    expect(pressed.status).toBeGreaterThanOrEqual(400);
    await expect.poll(() => reasons().slice(before)).toEqual(['no page of this browser']);
  });

  it('takes no step twice, and none of another browser', async () => {
    const own = scene.elsewhere(someone);
    const page = await goOn(own.client, await sentHere(scene, entra, own.client, { oid }));
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const code = scene.nextCode(own);
    const elsewhere = await new Client().post(`${scene.gateway.url}${OFFICE}/step`, { csrf, code });
    expect(elsewhere.status).toBe(400);
    const answer = await own.code(page, code);
    await backAtEntra(own.client, answer);
    const again = await own.client.post(`${scene.gateway.url}${OFFICE}/step`, { csrf, code });
    expect(again.status).toBe(400);
  });

  it('is over after five minutes', async () => {
    const own = scene.elsewhere(someone);
    const page = await sentHere(scene, entra, own.client, { oid });
    scene.clock.advance(6 * MINUTES);
    expect((await goOn(own.client, page)).status).toBe(400);
  });

  it('gives no remembered device a say', async () => {
    const kept = await scene.member({ remember: 'yes' });
    const theirs = await pinned(scene, kept);
    const page = await goOn(kept.client, await sentHere(scene, entra, kept.client, { oid: theirs }));
    expect(page.body).toContain('name="code"');
  });
});
