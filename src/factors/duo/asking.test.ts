import { describe, expect, it, vi } from 'vitest';
import { ada, person } from '../../../test/support/people.ts';
import type { Challenge } from '../../core/challenge.ts';
import { createAuthApi } from './auth-api.ts';
import duo from './index.ts';
import type { Pending } from './schemas.ts';
import { queryOf, signatureOf } from './signature.ts';
import { duoAndPorts } from './testing/fixture.ts';

const FROM = { presents: ['secret', 'code', 'number', 'wait'] as const, browser: { ip: '192.0.2.7', userAgent: 'x' } };

/** Somebody at a door without a browser. */
async function atTheDoor(more: object = {}, known: object | null = {}) {
  const it = await duoAndPorts(more);
  if (known) it.duo.enrol('ada', known);
  const factor = duo.create(it.settings, it.ports);
  const challenge = () => factor.challenge(ada, [], FROM);
  const answer = ({ pending }: Challenge<Pending>, code?: string) =>
    factor.verify(pending, [], code === undefined ? {} : { code }, ada);
  return { ...it, factor, challenge, answer };
}

describe('Duo without a browser', () => {
  it('shows the number that the phone wants, and takes its approval once', async () => {
    const { duo, challenge, answer, changed } = await atTheDoor();
    const asked = await challenge();
    const { number } = duo.pushTo('ada');
    expect(asked.prompt).toMatchObject({ kind: 'number', number, waits: expect.stringMatching(/^asked:/) });
    expect(await answer(asked)).toEqual({ outcome: 'waiting' });
    duo.answer('ada', 'allow', number);
    await vi.waitFor(() => expect(changed).toHaveLength(1));
    expect(await answer(asked)).toMatchObject({
      outcome: 'proved',
      proof: { factor: 'duo', credential: 'duo', kinds: ['possession'], amr: ['swk', 'pop'] },
    });
    expect(await answer(asked)).toEqual({ outcome: 'waiting' });
  });

  it('tells Duo from where somebody comes, and that it can show numbers', async () => {
    const { duo, challenge, answer } = await atTheDoor({}, { passcodes: new Set(['123456']) });
    const asked = await challenge();
    await answer(asked, '123 456');
    expect(duo.state.asked.get('/auth/v2/preauth')).toMatchObject({
      ...{ username: 'ada', ipaddr: '192.0.2.7', client_supports_verified_push: '1' },
    });
    expect(duo.state.asked.get('/auth/v2/auth')).toMatchObject({ ipaddr: '192.0.2.7', factor: 'passcode' });
  });

  it.each([
    ['deny', 'over.denied'],
    ['fraud', 'over.fraud'],
  ] as const)('ends where the phone says %s', async (how, key) => {
    const { duo, challenge, answer, changed } = await atTheDoor();
    const asked = await challenge();
    duo.answer('ada', how);
    await vi.waitFor(() => expect(changed).toHaveLength(1));
    expect(await answer(asked)).toMatchObject({ outcome: 'refused', message: { key }, prompt: { kind: 'code' } });
  });

  it('takes a passcode once, and no bypass code', async () => {
    const { challenge, answer } = await atTheDoor(
      {},
      { passcodes: new Set(['123456']), bypassCodes: new Set(['123456789']) },
    );
    const asked = await challenge();
    expect(await answer(asked, '000000')).toMatchObject({ outcome: 'refused', reason: 'wrong: deny' });
    expect(await answer(asked, '123456789')).toMatchObject({ outcome: 'refused', reason: 'malformed' });
    expect(await answer(asked, '123456')).toMatchObject({ outcome: 'proved', proof: { amr: ['otp'] } });
    expect(await answer(asked, '123456')).toMatchObject({ outcome: 'refused' });
  });

  it('takes a bypass code where that is configured', async () => {
    const { challenge, answer } = await atTheDoor(
      { accept: { bypassCodes: true } },
      { bypassCodes: new Set(['123456789']) },
    );
    expect(await answer(await challenge(), '123456789')).toMatchObject({ outcome: 'proved', proof: { amr: ['otp'] } });
  });

  it.each([
    ['bypass', 'bypassed', { status: 'bypass', passcodes: new Set(['123456']) }],
    ['disabled', 'denied', { status: 'disabled' }],
    ['unknown', 'not-enrolled', null],
  ] as const)('has nobody pass whom Duo calls %s', async (_what, key, known) => {
    const { challenge, answer, duo } = await atTheDoor({ accept: { bypassCodes: true } }, known);
    const asked = await challenge();
    expect(asked.prompt).toMatchObject({ kind: 'code', text: { key } });
    for (const code of [undefined, '123456', '123456789']) {
      expect(await answer(asked, code)).toMatchObject({ outcome: 'refused', message: { key } });
    }
    expect(duo.state.pushes.size).toBe(0);
  });

  it('has nobody pass who is put on bypass between the question and the answer', async () => {
    const { challenge, answer, duo } = await atTheDoor();
    const asked = await challenge();
    duo.enrol('ada', { status: 'bypass' });
    expect(await answer(asked, '123456')).toMatchObject({ outcome: 'refused', reason: 'nothing shown: bypass' });
  });

  it('sends no push that a touch would approve, unless that is configured', async () => {
    const strict = await atTheDoor();
    strict.duo.state.verified = false;
    expect((await strict.challenge()).prompt.kind).toBe('code');
    expect(strict.duo.state.pushes.size).toBe(0);
    const plain = await atTheDoor({ push: 'plain' });
    plain.duo.state.verified = false;
    expect((await plain.challenge()).prompt.kind).toBe('wait');
    expect(plain.duo.state.pushes.size).toBe(1);
  });

  it('sends five pushes in ten minutes, and codes do after that', async () => {
    const { duo, challenge } = await atTheDoor();
    const kinds = [];
    for (let nth = 0; nth < 6; nth += 1) kinds.push((await challenge()).prompt.kind);
    expect(kinds).toEqual([...Array(5).fill('number'), 'code']);
    expect(duo.state.pushes.size).toBe(5);
  });

  it.each(['away', 'busy'] as const)('says so where Duo is %s, and has nobody pass for it', async (health) => {
    const { duo, challenge, answer, warned } = await atTheDoor({}, { passcodes: new Set(['123456']) });
    duo.state.health = health;
    const asked = await challenge();
    expect(asked.prompt).toMatchObject({ kind: 'code', text: { key: 'unavailable' } });
    duo.state.health = 'well';
    expect(await answer(asked, '123456')).toMatchObject({ outcome: 'refused', message: { key: 'unavailable' } });
    expect(JSON.stringify(warned)).not.toContain('123456');
  });

  it.each([
    [40001, 'Missing required request parameters'],
    [40002, 'Invalid request parameters'],
    [40101, 'Missing request credentials'],
    [40102, 'Invalid integration key in request credentials'],
    [40103, 'Invalid signature in request credentials'],
    [40104, 'Missing request timestamp'],
    [40105, 'Bad request timestamp'],
    [40301, 'Access forbidden'],
    [40401, 'Resource not found'],
    [40501, 'Method not allowed'],
    [42901, 'Too Many Requests'],
    [50000, 'Unexpected server error'],
  ])('has nobody pass where Duo answers %d, whenever it does', async (code, message) => {
    const { duo, challenge, answer, warned } = await atTheDoor({}, { passcodes: new Set(['123456']) });
    const asked = await challenge();
    duo.state.fails = { code, message };
    expect(await answer(asked, '123456')).toMatchObject({ outcome: 'refused', message: { key: 'unavailable' } });
    expect(await answer(asked)).toEqual({ outcome: 'waiting' });
    const shut = await challenge();
    expect(shut.prompt).toMatchObject({ kind: 'code', text: { key: 'unavailable' } });
    expect(await answer(shut)).toMatchObject({ outcome: 'refused' });
    expect(JSON.stringify(warned)).not.toContain('123456');
  });

  it('asks less where Duo asks for that, and longer each time', async () => {
    const { duo, clock, settings, ports } = await atTheDoor();
    const api = createAuthApi(settings, ports);
    const ask = () => api.preauth({ username: 'ada' });
    duo.state.health = 'busy';
    await expect(ask()).rejects.toThrow('too many requests');
    duo.state.health = 'well';
    await expect(ask()).rejects.toThrow('waits');
    expect(duo.state.calls).toEqual([]);
    clock.ahead += 1_001;
    duo.state.health = 'busy';
    await expect(ask()).rejects.toThrow('too many requests');
    duo.state.health = 'well';
    clock.ahead += 1_001;
    await expect(ask()).rejects.toThrow('waits');
    clock.ahead += 1_000;
    expect(await ask()).toMatchObject({ result: 'auth' });
  });

  it.each([
    ['another secret', 40103, (api: object) => ({ ...api, secretKey: 'x'.repeat(40) })],
    ['another key', 40102, (api: object) => ({ ...api, integrationKey: 'DIAPI00000000000API2' })],
  ])('is refused with %s', async (_what, code, change) => {
    const { settings, ports } = await duoAndPorts();
    const api = createAuthApi({ ...settings, api: change(settings.api ?? {}) as typeof settings.api }, ports);
    await expect(api.check()).rejects.toMatchObject({ code });
    expect(await createAuthApi(settings, ports).check()).toHaveProperty('time');
  });

  it('is refused where its clock is off', async () => {
    const { settings, ports } = await duoAndPorts();
    const late = createAuthApi(settings, { ...ports, now: () => Date.now() - 3_600_000 });
    await expect(late.check()).rejects.toMatchObject({ code: 40105 });
  });

  it('is about nobody else, and about the same name', async () => {
    const { factor, challenge } = await atTheDoor({}, { passcodes: new Set(['123456']) });
    const { pending } = await challenge();
    for (const other of [person('bob'), { ...ada, username: 'ada2' }, undefined]) {
      expect(await factor.verify(pending, [], { code: '123456' }, other)).toMatchObject({ outcome: 'refused' });
    }
  });

  it('is offered where its prompts can be presented', async () => {
    const { ports, settings } = await duoAndPorts();
    const { web: _, ...apiAlone } = settings;
    const { api: __, ...webAlone } = settings;
    const offered = (given: typeof settings, presents: readonly string[]) =>
      duo.create(given, ports).usable(ada, [], { presents: presents as never });
    expect(offered(settings, FROM.presents)).toBe(true);
    expect(offered(webAlone, FROM.presents)).toBe(false);
    expect(offered(webAlone, ['redirect'])).toBe(true);
    expect(offered(apiAlone, ['redirect'])).toBe(false);
    expect(offered(settings, ['secret'])).toBe(false);
    const mailed = { ...settings, username: 'email' as const };
    expect(duo.create(mailed, ports).usable(ada, [])).toBe(false);
  });
});

describe('signature version 5', () => {
  it('is what the documentation shows of its parts', () => {
    const body = '{"device":"auto","factor":"push","hostname":"wks01","ipaddr":"10.2.3.4","username":"narroway"}';
    const call = { date: 'Tue, 21 Aug 2012 17:29:18 -0000', method: 'POST', host: 'API-x.duosecurity.com' } as const;
    const signed = signatureOf({ ...call, path: '/auth/v2/auth', query: '', body }, 'secret');
    expect(signed).toMatch(/^[0-9a-f]{128}$/);
    expect(
      signatureOf({ ...call, host: 'api-x.duosecurity.com', path: '/auth/v2/auth', query: '', body }, 'secret'),
    ).toBe(signed);
    expect(queryOf({ realname: 'First Last', username: "root!'()*" })).toBe(
      'realname=First%20Last&username=root%21%27%28%29%2A',
    );
  });
});
