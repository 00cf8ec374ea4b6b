import { describe, expect, it } from 'vitest';
import type { LastKnown } from '../accounts/last-known.ts';
import type { Account } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import { SallyportError } from '../core/errors.ts';
import { createPresence } from './presence.ts';
import { checkKnown, opensAlone } from './without-directory.ts';

const NOW = 1_800_000_000_000;
const account = { id: 'ada' } as Account;

function scene(known: LastKnown | undefined) {
  const clock = { now: NOW };
  const asked: string[] = [];
  const directory = { away: true };
  const present = createPresence(
    { now: () => clock.now },
    {
      accounts: {
        usable: async (id) => {
          asked.push(id);
          if (directory.away) throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'away');
          return account;
        },
      },
      lastKnown: async () => known,
    },
  );
  return { clock, asked, directory, present };
}

describe('somebody whose directory is away', () => {
  it('isn’t kept waiting at each step, once let in, and is asked for again after ten seconds', async () => {
    const { clock, asked, directory, present } = scene({ account, at: NOW - 1 });
    await present('ada');
    const first = await present('ada');
    expect(asked).toHaveLength(2);
    first?.away?.rest();
    expect((await present('ada'))?.away).toBeDefined();
    expect(asked).toHaveLength(2);
    // Resting on doesn't make it longer.
    (await present('ada'))?.away?.rest();
    directory.away = false;
    clock.now += 10_000;
    expect(await present('ada')).toEqual({ account });
    directory.away = true;
    await present('ada');
    expect(asked).toHaveLength(4);
  });

  it('is nobody where nothing is known', async () => {
    await expect(scene(undefined).present('ada')).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  });

  it('is taken for who they were as long as policy says, and not from the future', () => {
    const away = (at: number) => ({ cause: new Error('away'), known: { account, at }, rest: () => undefined });
    expect(() => checkKnown(away(NOW - 60_000), 60_000, NOW)).not.toThrow();
    for (const [at, window] of [
      [NOW - 60_001, 60_000],
      [NOW + 90_001, 60_000],
      [NOW, undefined],
    ] as const) {
      expect(() => checkKnown(away(at), window, NOW)).toThrow('away');
    }
  });
});

describe('what opens alone', () => {
  const proof: Proof = {
    ...{ factor: 'key', credential: 'key', amr: [], kinds: ['possession', 'inherence'], at: NOW },
    ...{ phishingResistant: true, attested: false },
  };
  it.each([
    ['a passkey with user verification', {}, true],
    ['one without', { kinds: ['possession'] }, false],
    ['a password', { kinds: ['knowledge'], phishingResistant: false }, false],
    ['an approval on a phone, with its fingerprint', { phishingResistant: false }, false],
    ['what is lent', { bootstrap: true }, false],
  ] as const)('%s', (_, change, opens) => {
    expect(opensAlone({ ...proof, ...change, kinds: [...('kinds' in change ? change.kinds : proof.kinds)] })).toBe(
      opens,
    );
  });
});
