import { describe, expect, it, vi } from 'vitest';

/** What was computed, by kind: a decryption, or a code by its algorithm. */
const work = vi.hoisted(() => new Map<string, number>());
const count = vi.hoisted(() => (kind: string) => void work.set(kind, (work.get(kind) ?? 0) + 1));

vi.mock('otplib', async (load) => {
  const all = await load<typeof import('otplib')>();
  return {
    ...all,
    generateSync: (options: Parameters<typeof all.generateSync>[0]) => {
      count(`code by ${options.algorithm}`);
      return all.generateSync(options);
    },
  };
});

vi.mock('node:crypto', async (load) => {
  const all = await load<typeof import('node:crypto')>();
  return {
    ...all,
    createDecipheriv: (...given: Parameters<typeof all.createDecipheriv>) => {
      count('decryption');
      return all.createDecipheriv(...given);
    },
  };
});

const { SECRET } = await import('../../src/factors/totp/tokens/testing/tokens.ts');
const { encodeSecret } = await import('../../src/factors/totp/otp.ts');
const { stage } = await import('../support/scene.ts');

const LONG = encodeSecret(Buffer.alloc(64, 7));
const TOKENS = [
  ['CLOCK1', SECRET, 'totp', 6, 'SHA1'],
  ['CLOCK8', SECRET, 'totp', 8, 'SHA256'],
  ['BUTTON', SECRET, 'hotp', 6, 'SHA1'],
  ['STRONG', LONG, 'hotp', 6, 'SHA512'],
  ['TAKEN', SECRET, 'totp', 6, 'SHA1'],
] as const;

describe('claiming a hardware token', () => {
  const scene = stage(() => ({ config: { lockout: { failures: 100 } } }));

  it('takes the same work for every number: one that there isn’t, is free, is taken, whatever the token is', async () => {
    const rows = TOKENS.map((token) => token.join(','));
    await scene.gateway.command('tokens import', [], {}, `serial,secret,type,digits,algorithm\n${rows.join('\n')}\n`);
    const owner = await scene.newcomer();
    await scene.gateway.command('tokens assign', ['TAKEN', owner.username]);

    const someone = await scene.newcomer();
    let page = await someone.answer(await someone.enter('courses'), { choice: 'token' });
    const done = new Map<string, object>();
    for (const serial of ['NOBODYS', ...TOKENS.map(([it]) => it), 'NOBODYS-EITHER', 'X'.repeat(64)]) {
      work.clear();
      page = await someone.answer(page, { serial, first: '123456', code: '654321' });
      expect(page.text).toContain('This doesn’t go together.');
      done.set(serial, Object.fromEntries(work));
    }
    const [none] = done.values();
    expect(none).toMatchObject({ 'code by sha1': expect.any(Number), decryption: expect.any(Number) });
    for (const [serial, spent] of done) expect([serial, spent]).toEqual([serial, none]);
  });
});
