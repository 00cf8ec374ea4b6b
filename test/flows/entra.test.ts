import { afterAll, describe, expect, it } from 'vitest';
import { startEntra } from '../../src/doors/entra/testing/entra.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { asTenant, backAtEntra, goOn, newObject, OFFICE, pinned, sentHere } from '../support/entra.ts';
import { appHolder, keyHolder } from '../support/holders.ts';
import { stage } from '../support/scene.ts';

const entra = await startEntra(() => Date.now());
afterAll(() => entra.close());

const scene = stage(() => ({
  config: {
    ...asTenant(entra),
    factors: { password: {}, totp: {}, fido2: {} },
    policy: {
      rules: [
        { name: 'all', level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));

const issuer = () => `${scene.gateway.url}${OFFICE}`;

describe('a tenant of Entra’s', () => {
  it('reads our documents as Entra does, and has a new key two days before it signs', async () => {
    const { keys } = await entra.discover(issuer());
    expect(keys).toHaveLength(1);
    await scene.gateway.command('keys rotate', ['entra']);
    const ahead = await entra.discover(issuer());
    expect(ahead.keys).toHaveLength(2);
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const page = await goOn(someone.client, await sentHere(scene, entra, someone.client, { oid }));
    const answer = await someone.code(page, scene.nextCode(someone));
    const kidOf = (body: string) => {
      const token = /name="id_token" value="([^"]+)"/.exec(body)?.[1] ?? '';
      return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string;
    };
    expect(kidOf(answer.body)).toBe(keys[0]?.kid);
    await backAtEntra(someone.client, answer);
    expect(entra.judged.at(-1)).toEqual({ acr: 'possessionorinherence', amr: 'otp' });

    scene.clock.advance(2 * DAYS + 1 * HOURS);
    const later = scene.elsewhere(someone);
    const asked = await goOn(later.client, await sentHere(scene, entra, later.client, { oid }));
    const signed = await later.code(asked, scene.nextCode(later));
    expect(kidOf(signed.body)).not.toBe(keys[0]?.kid);
    // By the keys that it read two days ago.
    await backAtEntra(later.client, signed);
    expect(entra.judged.at(-1)).toEqual({ acr: 'possessionorinherence', amr: 'otp' });
    await entra.discover(issuer());
  });

  it('says whom it is for, and asks nothing of anybody before a click', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const page = await sentHere(scene, entra, scene.elsewhere(someone).client, { oid });
    expect(page.text).toContain('Is this you?');
    expect(page.text).toContain('ada@university.example');
    expect(page.text).toContain(someone.username);
    expect(page.body).not.toContain('name="code"');
  });

  it('is told of a passkey as such', async () => {
    await entra.discover(issuer());
    const { someone, key } = await keyHolder(scene);
    const oid = await pinned(scene, someone);
    const other = scene.elsewhere(someone);
    const page = await goOn(other.client, await sentHere(scene, entra, other.client, { oid }));
    await backAtEntra(other.client, await key.use(other, page));
    expect(entra.judged.at(-1)).toEqual({ acr: 'possessionorinherence', amr: 'fido' });
  });

  it('gets no session, and no first proof, of anybody: they sign in here as before', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const other = scene.elsewhere(someone);
    const page = await goOn(other.client, await sentHere(scene, entra, other.client, { oid }));
    await backAtEntra(other.client, await other.code(page, scene.nextCode(other)));
    expect(entra.judged.at(-1)).toHaveProperty('amr', 'otp');
    const asked = await other.begin('library');
    expect(asked.body).toContain('name="password"');
    expect(await other.client.open(`${scene.gateway.url}/account`)).toMatchObject({
      body: expect.stringContaining('name="password"'),
    });
  });

  it('is answered access_denied where nothing but knowledge would do, where there is nothing else, and where they cancel', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const client = () => scene.elsewhere(someone).client;
    const verdict = async (browser: ReturnType<typeof client>, page: Awaited<ReturnType<typeof sentHere>>) => {
      await backAtEntra(browser, page);
      return entra.judged.at(-1);
    };
    const first = client();
    expect(await verdict(first, await sentHere(scene, entra, first, { oid, acr: ['knowledge'] }))).toEqual({
      error: 'access_denied',
    });
    const second = client();
    const page = await sentHere(scene, entra, second, { oid });
    const cancelled = await second.follow(await second.submit(page, {}, { action: '/cancel' }));
    expect(await verdict(second, cancelled)).toEqual({ error: 'access_denied' });
    const third = scene.elsewhere(someone);
    const unasked = await goOn(third.client, await sentHere(scene, entra, third.client, { oid, amr: ['face'] }));
    expect(await verdict(third.client, await third.code(unasked, scene.nextCode(third)))).toEqual({
      error: 'access_denied',
    });

    const bare = await scene.newcomer();
    const theirs = await pinned(scene, bare);
    const refused = await goOn(bare.client, await sentHere(scene, entra, bare.client, { oid: theirs }));
    expect(await verdict(bare.client, refused)).toEqual({ error: 'access_denied' });
  });

  it('has pages that wait for a phone told of news, with events and without, in that browser alone', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const other = scene.elsewhere(someone);
    const page = await goOn(other.client, await sentHere(scene, entra, other.client, { oid }));
    const [at = '', step = ''] = (/name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '').split('.');
    const address = (what: string) => `${issuer()}/${what}?${new URLSearchParams({ at, step })}`;
    // Nothing is waited for here: there is news at once.
    expect((await other.client.get(address('events'))).body).toBe('event: changed\ndata: 1\n\n');
    expect((await other.client.get(address('state'))).json()).toEqual({ changed: true });
    for (const what of ['events', 'state']) expect((await someone.client.get(address(what))).status).toBe(400);
  });

  it('answers a wrong code with another try, and shows other methods', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    const other = scene.elsewhere(someone);
    const page = await goOn(other.client, await sentHere(scene, entra, other.client, { oid }));
    const wrong = await other.code(page, '000000');
    expect(wrong.text).toContain('That code isn’t right');
    await backAtEntra(other.client, await other.code(wrong, scene.nextCode(other)));
    expect(entra.judged.at(-1)).toHaveProperty('amr', 'otp');
  });

  it('knows nobody who wasn’t said to be somebody', async () => {
    const page = await sentHere(scene, entra, scene.elsewhere(await scene.newcomer()).client, { oid: newObject() });
    expect(page.status).toBe(403);
    expect(page.body).not.toContain('id_token');
  });
});
