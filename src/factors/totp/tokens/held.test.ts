import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../core/account.ts';
import type { Answer } from '../../../core/prompt.ts';
import { createAuthenticator } from '../double.ts';
import totp from '../index.ts';
import type { Enrolled } from '../schemas.ts';
import { desk, run, type Scene } from './testing/desk.ts';
import { clocked, hotp, pressed, SECRET, shown } from './testing/tokens.ts';
import { normaliseSerial } from './token.ts';

const STEP = 30_000;
const NOW = 60_000_000 * STEP;

async function withTokens(settings: Record<string, unknown> = {}) {
  const scene = desk(settings, NOW);
  for (const token of [hotp('100'), clocked('101'), hotp('102')]) await scene.tokens.insert(token);
  return scene;
}

const mine = (scene: Scene, account: Account) => scene.credentials.filter((one) => one.account === account.id);

/** Up to the question for a token, through the schema of what is kept. */
async function asked(scene: Scene, account: Account) {
  const begun = await scene.factor.enrols?.begin(account, mine(scene, account));
  if (begun?.prompt.kind !== 'choice') throw new Error('no choice');
  const next = await scene.factor.enrols?.confirm(totp.pending.parse(begun.pending), { choice: 'token' });
  if (next?.outcome !== 'further') throw new Error('no further');
  return { prompt: next.prompt, pending: totp.pending.parse(next.pending) };
}

/** Claims as the journey does: what is confirmed becomes a credential, if nobody has it. */
async function claim(scene: Scene, account: Account, answer: Answer) {
  const { pending } = await asked(scene, account);
  const verdict = await scene.factor.enrols?.confirm(pending, answer);
  if (verdict?.outcome === 'confirmed' && verdict.renews === undefined) {
    const { name, data, lookup } = verdict;
    if (typeof (await scene.desk.add(account, { name, data, ...(lookup ? { lookup } : {}) })) !== 'string')
      return undefined;
  }
  return verdict;
}

const codes = (press: number) => ({ first: pressed(hotp(), press), code: pressed(hotp(), press + 1) });

async function answer(scene: Scene, account: Account, code: string, credentials: Enrolled[] = mine(scene, account)) {
  const { pending } = await scene.factor.challenge(account, credentials);
  return await scene.factor.verify(totp.pending.parse(pending), credentials, { code }, account);
}

describe('enrolment', () => {
  it('asks nothing about tokens where there are none, or where they may not be claimed', async () => {
    expect((await desk().factor.enrols?.begin(desk().alice, []))?.prompt).toMatchObject({ kind: 'code', setup: {} });
    const scene = await withTokens({ tokens: { claim: false } });
    expect((await scene.factor.enrols?.begin(scene.alice, []))?.prompt).toMatchObject({ kind: 'code', setup: {} });
  });

  it('offers an app or a token where there are some', async () => {
    const scene = await withTokens();
    const begun = await scene.factor.enrols?.begin(scene.alice, []);
    expect(begun?.prompt).toMatchObject({ kind: 'choice', options: [{ value: 'app' }, { value: 'token' }] });
    const pending = totp.pending.parse(begun?.pending);
    expect(await scene.factor.enrols?.confirm(pending, { choice: 'app' })).toMatchObject({
      outcome: 'further',
      prompt: { kind: 'code', setup: {} },
      pending: { kind: 'enrol', name: 'Code app' },
    });
    expect(await scene.factor.enrols?.confirm(pending, { choice: 'x' })).toMatchObject({ outcome: 'refused' });
    const { prompt } = await asked(scene, scene.alice);
    expect(prompt).toMatchObject({ kind: 'code', fields: [{ name: 'serial' }, { name: 'first' }] });
    // How long its codes are isn't known before the token is.
    for (const name of ['setup', 'length']) expect(prompt).not.toHaveProperty(name);
  });

  it('lets people who chose choose again, and keeps nothing of that with the app', async () => {
    const scene = await withTokens();
    const { pending } = await asked(scene, scene.alice);
    const back = await scene.factor.enrols?.confirm(pending, { restart: 'yes' });
    if (back?.outcome !== 'further') throw new Error('no way back');
    expect(back.prompt.kind).toBe('choice');
    const app = await scene.factor.enrols?.confirm(totp.pending.parse(back.pending), { choice: 'app' });
    if (app?.outcome !== 'further' || app.prompt.kind !== 'code') throw new Error('no app');
    const kept = totp.pending.parse(app.pending);
    expect(await scene.factor.enrols?.confirm(kept, { restart: 'yes' })).toMatchObject({ prompt: { kind: 'choice' } });
    const code = createAuthenticator(app.prompt.setup?.uri ?? '').codeAt(NOW);
    const confirmed = await scene.factor.enrols?.confirm(kept, { code });
    if (confirmed?.outcome !== 'confirmed') throw new Error('not confirmed');
    expect(totp.credential.parse(confirmed.data)).toMatchObject({ lastStep: NOW / STEP });
  });

  it('gives the token to who knows its number and two codes, however they are typed', async () => {
    const scene = await withTokens();
    const { first, code } = codes(0);
    const spaced = { serial: ' 1０0 ', first: `${first.slice(0, 3)} ${first.slice(3)}`, code };
    expect(await claim(scene, scene.alice, spaced)).toEqual({
      outcome: 'confirmed',
      data: { serial: '100', digits: 6 },
      name: 'Hardware token 100',
      lookup: ['token:100'],
      proof: {
        factor: 'totp',
        amr: ['otp'],
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: NOW,
      },
    });
    expect((await scene.tokens.get('100'))?.token).toMatchObject({ next: 2, holder: { account: 'id-alice' } });
    expect(await answer(scene, scene.alice, code)).toMatchObject({ outcome: 'refused', reason: 'used' });
    expect(await answer(scene, scene.alice, pressed(hotp(), 2))).toMatchObject({ outcome: 'proved' });
  });

  it('says the same of a number that isn’t there, one that is taken and codes that are wrong', async () => {
    const scene = await withTokens();
    await run(scene, 'tokens assign', ['102', 'bob']);
    const wrong = { outcome: 'refused', message: { key: 'claim.wrong' } };
    for (const serial of ['102', '999']) {
      expect(await claim(scene, scene.alice, { serial, ...codes(0) })).toMatchObject(wrong);
    }
    const { first, code } = codes(0);
    const parts: Answer[] = [{ first: code, code: first }, { first, code: first }, { first, code: '' }, { code }, {}];
    for (const part of parts) {
      expect(await claim(scene, scene.alice, { serial: '100', ...part })).toMatchObject(wrong);
    }
    expect(await claim(scene, scene.alice, codes(0))).toMatchObject(wrong);
    expect(scene.credentials).toHaveLength(1);
    expect((await scene.tokens.get('100'))?.token).toEqual(hotp('100'));
  });

  it('gives a token to one of two people who claim it at once, and takes their codes once', async () => {
    const scene = await withTokens();
    const all = Array.from({ length: 100 }, (_, at) =>
      claim(scene, at % 2 ? scene.alice : scene.bob, { serial: '100', ...codes(0) }),
    );
    const confirmed = (await Promise.all(all)).filter((verdict) => verdict?.outcome === 'confirmed');
    expect(confirmed).toHaveLength(1);
    expect(scene.credentials).toHaveLength(1);
  });

  it('brings one’s own token in step instead of adding it twice', async () => {
    const scene = await withTokens();
    await claim(scene, scene.alice, { serial: '100', ...codes(0) });
    expect(await answer(scene, scene.alice, pressed(hotp(), 80))).toMatchObject({ reason: 'out-of-step' });
    expect(await claim(scene, scene.alice, { serial: '100', ...codes(80) })).toMatchObject({ renews: 'c1' });
    expect(await answer(scene, scene.alice, pressed(hotp(), 82))).toMatchObject({ outcome: 'proved' });
    expect(scene.credentials).toHaveLength(1);
  });

  it('never takes the pending state of a claim for something else', async () => {
    const scene = await withTokens();
    const { pending } = await asked(scene, scene.alice);
    expect(await scene.factor.verify(pending, [], { code: '000000' }, scene.alice)).toMatchObject({
      outcome: 'refused',
    });
  });
});

describe('a code of a hardware token', () => {
  async function assigned(serial = '100') {
    const scene = await withTokens();
    await run(scene, 'tokens assign', [serial, 'alice']);
    return scene;
  }

  it('is asked for by the token’s name, and proves possession', async () => {
    const scene = await assigned('101');
    const { prompt } = await scene.factor.challenge(scene.alice, scene.credentials);
    expect(prompt).toMatchObject({ text: { key: 'text.token', values: { name: 'Hardware token 101' } }, length: 6 });
    expect(await answer(scene, scene.alice, shown(clocked(), NOW, STEP))).toEqual({
      outcome: 'proved',
      proof: {
        factor: 'totp',
        credential: 'c1',
        amr: ['otp'],
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: NOW,
      },
      update: { credential: 'c1', data: { serial: '101', digits: 6 } },
    });
    expect((await scene.tokens.get('101'))?.token).toMatchObject({ drift: 1, next: NOW / STEP + 2 });
  });

  it('is taken once of 100 parallel answers', async () => {
    const scene = await assigned();
    const all = Array.from({ length: 100 }, () => answer(scene, scene.alice, pressed(hotp(), 3)));
    expect((await Promise.all(all)).filter(({ outcome }) => outcome === 'proved')).toHaveLength(1);
  });

  it('that is too far on asks for the next one, and that one is taken', async () => {
    const scene = await assigned();
    expect(await answer(scene, scene.alice, pressed(hotp(), 70))).toMatchObject({ message: { key: 'out-of-step' } });
    expect(await answer(scene, scene.alice, pressed(hotp(), 70))).toMatchObject({ outcome: 'refused' });
    expect(await answer(scene, scene.alice, pressed(hotp(), 71))).toMatchObject({ outcome: 'proved' });
    expect(await answer(scene, scene.alice, pressed(hotp(), 71))).toMatchObject({ reason: 'used' });
  });

  it('is worth nothing to another account, and nothing once the token was taken away', async () => {
    const scene = await assigned();
    const code = pressed(hotp(), 0);
    expect(await answer(scene, scene.bob, code, scene.credentials)).toMatchObject({ outcome: 'refused' });
    const before = [...scene.credentials];
    await run(scene, 'tokens unassign', ['100']);
    expect(await answer(scene, scene.alice, code, before)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    await run(scene, 'tokens assign', ['100', 'bob']);
    expect(await answer(scene, scene.alice, code, before)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    expect(await answer(scene, scene.bob, code)).toMatchObject({ outcome: 'proved' });
  });

  it('stands beside an app: the code itself tells which it was', async () => {
    const scene = await assigned();
    const app = { secret: SECRET.replace('G', 'M'), algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 } as const;
    await scene.desk.add(scene.alice, { name: 'app', data: app });
    expect(await answer(scene, scene.alice, shown(clocked('T', { secret: app.secret }), NOW))).toMatchObject({
      proof: { credential: 'c2' },
    });
    expect(await answer(scene, scene.alice, pressed(hotp(), 0))).toMatchObject({ proof: { credential: 'c1' } });
    const { prompt } = await scene.factor.challenge(scene.alice, scene.credentials);
    expect(prompt).toMatchObject({ text: { key: 'text.any' }, length: 6 });
    await scene.desk.add(scene.alice, { name: 'long', data: { serial: '9', digits: 8 } });
    expect((await scene.factor.challenge(scene.alice, scene.credentials)).prompt).not.toHaveProperty('length');
  });

  it('isn’t found by guessing: no code that isn’t one of the window is taken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(999_999), fc.nat(200), async (guess, next) => {
        const scene = desk({}, NOW);
        await scene.tokens.insert(hotp('100', { next }));
        await run(scene, 'tokens assign', ['100', 'alice']);
        const code = String(guess).padStart(6, '0');
        const expected = Array.from({ length: 11 }, (_, at) => pressed(hotp(), next + at)).includes(code);
        expect((await answer(scene, scene.alice, code)).outcome === 'proved').toBe(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('names no secret where it is refused', async () => {
    const scene = await assigned();
    const refused = JSON.stringify(await answer(scene, scene.alice, '000000'));
    expect(refused).not.toContain(SECRET);
    expect(refused).not.toMatch(/\d{6}/);
  });
});

describe('a serial number', () => {
  it.each([
    [' 1000 1335 08267 ', '1000133508267'],
    ['abc-12', 'ABC-12'],
    ['１２３', '123'],
    ['', undefined],
    ['-1', undefined],
    ['=1+1', undefined],
    ['a\tb', 'AB'],
    ['x'.repeat(65), undefined],
    [`x${' '.repeat(300)}`, undefined],
  ])('%j is %j', (typed, serial) => expect(normaliseSerial(typed)).toBe(serial));
});

it('credentials from before tokens keep reading', () => {
  const data = { secret: SECRET, algorithm: 'SHA1', digits: 6, period: 30, lastStep: 5 };
  expect(totp.credential.parse(data)).toEqual(data);
  for (const wrong of [{ ...data, serial: '1' }, { serial: '1' }, { serial: 'a b', digits: 6 }, {}]) {
    expect(totp.credential.safeParse(wrong).success).toBe(false);
  }
});

it('settings that widen it too far are refused', () => {
  const wide = [{ window: 6 }, { lookAhead: 51 }, { resync: 1001 }, { claims: true }];
  for (const tokens of wide) expect(totp.settings.safeParse({ tokens }).success).toBe(false);
});
