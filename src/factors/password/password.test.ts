import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorPorts } from '../../../test/support/outside.ts';
import { ada } from '../../../test/support/people.ts';
import type { PasswordPort } from '../../core/factor-ports.ts';
import password, { MAX_PASSWORD, MAX_USERNAME } from './index.ts';

const NOW = 1_800_000_000_000;

/** Any text, with the code points that matter here often enough; ill-formed UTF-16 as well. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(0x20, 0x3000, 0x41, 0x301, 0xfdfa), fc.integer({ min: 0, max: 0x10ffff })), {
    maxLength: 300,
  })
  .map((points) => String.fromCodePoint(...points));

function factor(verdict: Awaited<ReturnType<PasswordPort['verify']>> = 'ok') {
  const asked: { account: string | undefined; password: string }[] = [];
  const verify: PasswordPort['verify'] = async (account, text) => {
    asked.push({ account: account?.id, password: text });
    return verdict;
  };
  const made = password.create(
    password.settings.parse({}),
    factorPorts(() => NOW, { password: { verify } }),
  );
  if (!made.opens) throw new Error('the password factor opens a sign-in');
  return { ...made, opens: made.opens, asked };
}

describe('identify', () => {
  const identify = (username?: string, secret?: string) =>
    factor().opens.identify({}, { ...(username !== undefined && { username }), ...(secret && { password: secret }) });

  it('normalises the user name', async () => {
    expect(await identify(' ａｄａ\u3000', 'x')).toEqual({ username: 'ada' });
    expect(await identify('Ada Lovelace', 'x')).toEqual({ username: 'Ada Lovelace' });
  });

  it.each([
    ['', 'x'],
    [' \t\u3000', 'x'],
    ['ada', ''],
    [undefined, undefined],
  ])('refuses an empty user name or password (%j, %j)', async (username, secret) => {
    expect(await identify(username, secret)).toEqual({
      outcome: 'refused',
      message: { key: 'empty' },
      reason: 'empty',
    });
  });

  it('bounds the user name, also after characters have expanded', async () => {
    expect(await identify('a'.repeat(MAX_USERNAME), 'x')).toEqual({ username: 'a'.repeat(MAX_USERNAME) });
    for (const long of ['a'.repeat(MAX_USERNAME + 1), '\uFDFA'.repeat(20)]) {
      expect(await identify(long, 'x')).toMatchObject({ outcome: 'refused', message: { key: 'wrong' } });
    }
  });

  it('answers a bounded, normalised name or a refusal for any text', async () => {
    const { opens } = factor();
    await fc.assert(
      fc.asyncProperty(anyText, async (username) => {
        const answer = await opens.identify({}, { username, password: 'x' });
        if (!('username' in answer)) return;
        expect(answer.username).toBe(answer.username.normalize('NFKC').trim());
        expect(answer.username.length).toBeGreaterThan(0);
        expect(answer.username.length).toBeLessThanOrEqual(MAX_USERNAME);
      }),
    );
  });
});

describe('prompts', () => {
  it('asks for both at first, with the hint filled in', async () => {
    const { prompt } = await factor().opens.begin('ada');
    expect(prompt).toMatchObject({ kind: 'secret', identifier: { value: 'ada' }, autocomplete: 'current-password' });
    expect((await factor().opens.begin()).prompt).toHaveProperty('identifier.label');
  });

  it('asks for the password alone once the account is known', async () => {
    const { prompt, pending } = await factor().challenge(ada, []);
    expect(prompt).not.toHaveProperty('identifier');
    expect(password.pending.parse(pending)).toEqual({});
  });
});

describe('verify', () => {
  it('proves knowledge', async () => {
    expect(await factor().verify({}, [], { password: 'x' }, ada)).toEqual({
      outcome: 'proved',
      proof: {
        factor: 'password',
        credential: 'password',
        amr: ['pwd'],
        kinds: ['knowledge'],
        phishingResistant: false,
        attested: false,
        at: NOW,
      },
    });
  });

  it('hands the password on unaltered', async () => {
    const made = factor();
    await made.verify({}, [], { password: ' e\u0301ﬁ ' }, ada);
    expect(made.asked).toEqual([{ account: 'ada', password: ' e\u0301ﬁ ' }]);
  });

  it('tells wrong, unknown and unavailable apart only where it may', async () => {
    const wrong = await factor('wrong').verify({}, [], { password: 'x' }, ada);
    const unknown = await factor('wrong').verify({}, [], { password: 'x' }, undefined);
    const away = await factor('unavailable').verify({}, [], { password: 'x' }, ada);
    expect(wrong).toMatchObject({ outcome: 'refused', message: { key: 'wrong' } });
    expect(unknown).toMatchObject({ outcome: 'refused', message: { key: 'wrong' } });
    expect(away).toMatchObject({ outcome: 'refused', message: { key: 'unavailable' } });
  });

  it('asks the directory for an unknown account too, and never believes its ok', async () => {
    const made = factor('ok');
    expect(await made.verify({}, [], { password: 'x' }, undefined)).toMatchObject({ outcome: 'refused' });
    expect(made.asked).toEqual([{ account: undefined, password: 'x' }]);
  });

  it('refuses what is too long, in bytes, before anything is hashed', async () => {
    const made = factor();
    const longest = '密'.repeat(Math.floor(MAX_PASSWORD / 3));
    expect(await made.verify({}, [], { password: longest }, ada)).toMatchObject({ outcome: 'proved' });
    expect(await made.verify({}, [], { password: `${longest}密` }, ada)).toMatchObject({ message: { key: 'wrong' } });
    expect(await made.verify({}, [], {}, ada)).toMatchObject({ message: { key: 'empty' } });
    expect(made.asked).toHaveLength(1);
  });
});

it('is usable without any credential, and accepts none', () => {
  expect(factor().usable(ada, [])).toBe(true);
  expect(password.credential.safeParse({}).success).toBe(false);
});
