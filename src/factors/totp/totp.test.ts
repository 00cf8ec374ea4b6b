import { describe, expect, it } from 'vitest';
import { factorPorts } from '../../../test/support/outside.ts';
import { person } from '../../../test/support/people.ts';
import type { Credential } from '../../core/account.ts';
import type { Factor } from '../../core/factor.ts';
import type { CodeSetup } from '../../core/prompt.ts';
import { createAuthenticator } from './double.ts';
import totp from './index.ts';
import type { AppData, Data, Pending } from './schemas.ts';
import { memoryRecords } from './tokens/testing/records.ts';

const STEP = 30_000;
/** The first millisecond of a step. */
const NOW = 60_000_000 * STEP;

const ada = person('ada@example.edu', { name: 'Ada' });

function fixture(settings: unknown = {}) {
  const clock = { now: NOW };
  const ports = factorPorts(() => clock.now, { serviceName: 'Example: University', records: memoryRecords() });
  return { clock, factor: totp.create(totp.settings.parse(settings), ports) };
}

/** Runs enrolment's first half as the journey does, through the schema of what it keeps. */
async function begin(factor: Factor<Data, Pending>, existing: Credential<Data>[] = [], account = ada) {
  const challenge = await factor.enrols?.begin(account, existing);
  if (challenge?.prompt.kind !== 'code' || !challenge.prompt.setup) throw new Error('no setup');
  const setup: CodeSetup = challenge.prompt.setup;
  return { setup, pending: totp.pending.parse(challenge.pending), app: createAuthenticator(setup.uri) };
}

function appData(data: Data): AppData {
  if (!('secret' in data)) throw new Error('not an app');
  return data;
}

/** An authenticator that was enrolled ten steps ago. */
async function enrolled(made: ReturnType<typeof fixture>, id: string, account = ada) {
  const { pending, app } = await begin(made.factor, [], account);
  made.clock.now -= 10 * STEP;
  const confirmed = await made.factor.enrols?.confirm(pending, { code: app.codeAt(made.clock.now) });
  made.clock.now += 10 * STEP;
  if (confirmed?.outcome !== 'confirmed') throw new Error('not confirmed');
  const data = appData(totp.credential.parse(confirmed.data));
  const credential: Credential<AppData> = {
    id,
    account: account.id,
    factor: 'totp',
    name: id,
    data,
    createdAt: 0,
    version: 1,
  };
  return { app, credential };
}

async function answer(made: ReturnType<typeof fixture>, credentials: Credential<Data>[], code: string, account = ada) {
  const { pending } = await made.factor.challenge(ada, credentials);
  return made.factor.verify(totp.pending.parse(pending), credentials, { code }, account);
}

describe('enrolment', () => {
  it('gives the app all it needs, by URI, by key and by picture', async () => {
    const { setup, app } = await begin(fixture().factor);
    expect(setup.uri).toMatch(
      /^otpauth:\/\/totp\/Example%20%20University:ada%40example\.edu\?secret=[A-Z2-7]{32}&issuer=Example%20%20University&algorithm=SHA1&digits=6&period=30$/,
    );
    expect(app).toMatchObject({ issuer: 'Example  University', username: 'ada@example.edu' });
    expect(setup.key).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(setup.key.replaceAll(' ', '')).toBe(app.parameters.secret);
    expect(setup.svg).toMatch(/^<svg shape-rendering="crispEdges" [^>]*viewBox="0 0 (\d+) \1"><rect fill="#fff"/);
    expect(setup.svg).not.toMatch(/style|script/);
  });

  it('draws a picture for the longest of names', async () => {
    const { setup, app } = await begin(fixture({ issuer: '學'.repeat(64) }).factor, [], {
      ...ada,
      username: '😀'.repeat(128),
    });
    expect(app.username).toBe('😀'.repeat(64));
    expect(setup.svg).toContain('<path');
  });

  it.each([
    [{ algorithm: 'SHA256', digits: 8 }, 52],
    [{ algorithm: 'SHA1', digits: 8, period: 60 }, 32],
  ])('takes its parameters from the settings: %j', async (settings, length) => {
    const made = fixture(settings);
    const { pending, app } = await begin(made.factor);
    expect(app.parameters).toMatchObject(settings);
    expect(app.parameters.secret).toHaveLength(length);
    expect(await made.factor.enrols?.confirm(pending, { code: app.codeAt(NOW) })).toMatchObject({
      outcome: 'confirmed',
      data: settings,
    });
  });

  it('never gives the same secret twice', async () => {
    const { factor } = fixture();
    expect((await begin(factor)).setup.uri).not.toBe((await begin(factor)).setup.uri);
  });

  it('is confirmed by a code, however it was typed, and proves possession', async () => {
    const { factor } = fixture();
    const { pending, app } = await begin(factor);
    const code = app.codeAt(NOW);
    const typed = ` ${code.slice(0, 3)}-${code.slice(3).replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)))} `;
    expect(await factor.enrols?.confirm(pending, { code: typed })).toEqual({
      outcome: 'confirmed',
      data: { ...app.parameters, lastStep: NOW / STEP },
      name: 'Code app',
      proof: {
        factor: 'totp',
        amr: ['otp'],
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: NOW,
      },
    });
  });

  it('refuses a wrong code, a malformed one and a challenge kept for something else', async () => {
    const { factor } = fixture();
    const { pending, app } = await begin(factor);
    const wrong = String((Number(app.codeAt(NOW)) + 1) % 1e6).padStart(6, '0');
    expect(await factor.enrols?.confirm(pending, { code: wrong })).toMatchObject({ outcome: 'refused' });
    expect(await factor.enrols?.confirm(pending, {})).toMatchObject({ outcome: 'refused', reason: 'malformed' });
    const other: Pending = { kind: 'challenge', credentials: [] };
    expect(await factor.enrols?.confirm(other, { code: app.codeAt(NOW) })).toMatchObject({ outcome: 'refused' });
  });

  it('takes a name, bounded and on one line, or finds one that is free', async () => {
    const { factor } = fixture();
    const { credential } = await enrolled(fixture(), 'Code app');
    const { pending, app } = await begin(factor, [credential]);
    const confirm = (name: string) => factor.enrols?.confirm(pending, { code: app.codeAt(NOW), name });
    expect(await confirm('')).toMatchObject({ name: 'Code app 2' });
    expect(await confirm(' My\r\nphone ')).toMatchObject({ name: 'My phone' });
    expect(await confirm('手'.repeat(1000))).toMatchObject({ name: '手'.repeat(64) });
  });

  it.each([
    ['zh-TW', '驗證碼應用程式'],
    ['zh-Hans', '验证码应用'],
    ['de', 'Code app'],
    ['_', 'Code app'],
  ])('names it in the language of the account: %s', async (locale, name) => {
    const { pending } = await begin(fixture().factor, [], { ...ada, locale });
    expect(pending).toMatchObject({ name });
  });

  it('uses up the step of the confirming code', async () => {
    const made = fixture();
    const { pending, app } = await begin(made.factor);
    const code = app.codeAt(NOW);
    const confirmed = await made.factor.enrols?.confirm(pending, { code });
    if (confirmed?.outcome !== 'confirmed') throw new Error('not confirmed');
    const { credential } = await enrolled(made, 'c1');
    expect(await answer(made, [{ ...credential, data: confirmed.data }], code)).toMatchObject({ reason: 'used' });
  });
});

describe('challenge', () => {
  it('is one prompt for all authenticators and keeps nothing secret', async () => {
    const made = fixture();
    const one = await enrolled(made, 'c1');
    const two = await enrolled(made, 'c2');
    const { prompt, pending } = await made.factor.challenge(ada, [one.credential, two.credential]);
    expect(prompt).toMatchObject({ kind: 'code', numeric: true, length: 6 });
    expect(prompt).not.toHaveProperty('setup');
    expect(pending).toEqual({ kind: 'challenge', credentials: ['c1', 'c2'] });
  });
});

describe('verify', () => {
  it('proves possession and uses up the step', async () => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    expect(await answer(made, [credential], app.codeAt(NOW))).toEqual({
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
      update: { credential: 'c1', data: { ...credential.data, lastStep: NOW / STEP } },
    });
  });

  it.each([
    ['30 s behind', -STEP, 'proved', undefined],
    ['30 s ahead', STEP, 'proved', undefined],
    ['one step and a millisecond behind', -STEP - 1, 'refused', 'drift'],
    ['two steps ahead', 2 * STEP, 'refused', 'drift'],
    ['90 s behind', -3 * STEP, 'refused', 'drift'],
    ['90 s ahead', 3 * STEP, 'refused', 'drift'],
    ['ten steps ahead', 10 * STEP, 'refused', 'drift'],
    ['an hour behind', -120 * STEP, 'refused', 'wrong'],
  ])('with a clock %s', async (_, off, outcome, reason) => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    const result = await answer(made, [credential], app.codeAt(NOW + off));
    expect(result).toMatchObject(outcome === 'proved' ? { outcome } : { outcome, reason, message: { key: 'wrong' } });
  });

  it('never accepts a step twice, nor one before it', async () => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    const first = await answer(made, [credential], app.codeAt(NOW));
    if (first.outcome !== 'proved' || !first.update) throw new Error('not proved');
    const after = { ...credential, data: appData(first.update.data) };
    for (const replayed of [app.codeAt(NOW), app.codeAt(NOW - STEP)]) {
      expect(await answer(made, [after], replayed)).toMatchObject({
        outcome: 'refused',
        message: { key: 'used' },
        reason: 'used',
      });
    }
    expect(await answer(made, [after], app.codeAt(NOW + STEP))).toMatchObject({ outcome: 'proved' });
    expect(after.data.lastStep).toBeGreaterThan(credential.data.lastStep);
  });

  it('lets one of 100 parallel answers through, with the compare-and-set of the store', async () => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    let stored = credential;
    const attempts = Array.from({ length: 100 }, async () => {
      const read = stored;
      const result = await answer(made, [read], app.codeAt(NOW));
      if (result.outcome !== 'proved' || !result.update || stored.version !== read.version) return false;
      stored = { ...stored, data: appData(result.update.data), version: stored.version + 1 };
      return true;
    });
    expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1);
  });

  it('finds which of two authenticators it was', async () => {
    const made = fixture();
    const one = await enrolled(made, 'c1');
    const two = await enrolled(made, 'c2');
    const both = [one.credential, two.credential];
    expect(await answer(made, both, one.app.codeAt(NOW))).toMatchObject({ proof: { credential: 'c1' } });
    expect(await answer(made, both, two.app.codeAt(NOW))).toMatchObject({ proof: { credential: 'c2' } });
  });

  it('refuses a credential of another account, and one that was not challenged', async () => {
    const made = fixture();
    const mine = await enrolled(made, 'c1');
    const foreign = await enrolled(made, 'c2', { ...ada, id: 'a2' });
    expect(await answer(made, [mine.credential, foreign.credential], foreign.app.codeAt(NOW))).toMatchObject({
      outcome: 'refused',
    });
    const { pending } = await made.factor.challenge(ada, [mine.credential]);
    const later = await enrolled(made, 'c3');
    const code = later.app.codeAt(NOW);
    expect(await made.factor.verify(pending, [mine.credential, later.credential], { code }, ada)).toMatchObject({
      outcome: 'refused',
    });
  });

  it('refuses without account, without credentials, and with the pending state of an enrolment', async () => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    const code = app.codeAt(NOW);
    const { pending } = await made.factor.challenge(ada, [credential]);
    const { pending: enrolment } = await begin(made.factor);
    const results = [
      await made.factor.verify(pending, [credential], { code }, undefined),
      await made.factor.verify(pending, [], { code }, ada),
      await made.factor.verify(enrolment, [credential], { code }, ada),
    ];
    for (const result of results) expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong' });
  });

  it.each(['', 'abcdef', '12345', '1234567'])('refuses %j', async (code) => {
    const made = fixture();
    const { credential } = await enrolled(made, 'c1');
    expect(await answer(made, [credential], code)).toMatchObject({ outcome: 'refused', message: { key: 'wrong' } });
  });

  it('never says the secret or a code in a refusal', async () => {
    const made = fixture();
    const { app, credential } = await enrolled(made, 'c1');
    const text = JSON.stringify(await answer(made, [credential], app.codeAt(NOW + 5 * STEP)));
    expect(text).not.toContain(credential.data.secret);
    expect(text).not.toMatch(/\d{6}/);
  });
});

it('refuses settings that weaken it', () => {
  for (const settings of [{ digits: 4 }, { window: 5 }, { algorithm: 'MD5' }, { period: 300 }, { windows: 1 }]) {
    expect(totp.settings.safeParse(settings).success).toBe(false);
  }
});
