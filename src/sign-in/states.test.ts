import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EPHEMERAL, openEphemeral, random, stoppedClock, uncounted } from '../../test/support/sign-in.ts';
import { createSealer } from '../core/seal.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { EphemeralStore } from '../core/store.ts';
import { createStates, PATIENCE } from './states.ts';
import type { State } from './steps.ts';

function request(id: string): SignInRequest {
  const wants = { acrValues: [], acrEssential: false, reauthenticate: false };
  return { id, request: `request of ${id}`, application: 'library', wants, uiLocales: [] };
}

const browser = { ip: '192.0.2.1', networks: [], reference: 'R' };

function state(nonce: string): State {
  const pending = { secret: 'JBSWY3DPEHPK3PXP' };
  const prompt = { kind: 'code', title: { key: 't' }, label: { key: 'l' }, numeric: true, length: 6 } as const;
  const stage = { at: 'enrol', factor: 'sample', prompt, pending, why: 'why.enrol' } as const;
  return { nonce, stage, account: 'alice', switched: false, collected: [], wrong: 0 };
}

/** Every key and value that the store was given. */
function watched(ephemeral: EphemeralStore) {
  const written: { key: string; value: string }[] = [];
  const watching: EphemeralStore = {
    ...ephemeral,
    add(key, value, ttl) {
      written.push({ key, value });
      return ephemeral.add(key, value, ttl);
    },
    swap(key, expected, value, ttl) {
      written.push({ key, value });
      return ephemeral.swap(key, expected, value, ttl);
    },
  };
  return { watching, written };
}

describe.each(EPHEMERAL)('where sign-ins stand, in %s', (store) => {
  async function fixture() {
    const clock = stoppedClock();
    const ephemeral = await openEphemeral(store, clock.now);
    const { watching, written } = watched(ephemeral);
    const states = createStates({
      ephemeral: watching,
      sealer: createSealer(randomBytes(32)),
      random,
      strangers: uncounted,
    });
    return { ephemeral, states, written };
  }

  it('begins once, of 100 at once', async () => {
    const { states } = await fixture();
    expect(await states.load(request('a'))).toBeUndefined();
    const saved = await Promise.all(
      Array.from({ length: 100 }, (_, index) => states.save(request('a'), undefined, state(`n${index}`), browser)),
    );
    const winner = saved.findIndex(Boolean);
    expect(saved.filter(Boolean)).toHaveLength(1);
    expect((await states.load(request('a')))?.state).toEqual(state(`n${winner}`));
    expect(await states.load(request('b'))).toBeUndefined();
  });

  it('lets one of 100 changes of the same state through', async () => {
    const { states } = await fixture();
    await states.save(request('a'), undefined, state('first'), browser);
    const loaded = await states.load(request('a'));
    const saved = await Promise.all(
      Array.from({ length: 100 }, (_, index) => states.save(request('a'), loaded, state(`n${index}`), browser)),
    );
    expect(saved.filter(Boolean)).toHaveLength(1);
    expect((await states.load(request('a')))?.state.nonce).toBe(`n${saved.findIndex(Boolean)}`);
  });

  it('lets only one through also where both write the same state', async () => {
    const { states } = await fixture();
    await states.save(request('a'), undefined, state('same'), browser);
    const loaded = await states.load(request('a'));
    expect(await states.save(request('a'), loaded, state('same'), browser)).toBeDefined();
    expect(await states.save(request('a'), loaded, state('same'), browser)).toBeUndefined();
  });

  it('keeps pending secrets sealed, and the id of the sign-in hashed', async () => {
    const { states, written } = await fixture();
    await states.save(request('the-id'), undefined, state('the-nonce'), browser);
    await states.save(request('the-id'), await states.load(request('the-id')), state('the-nonce'), browser);
    expect(written).toHaveLength(2);
    for (const secret of ['the-id', 'the-nonce', 'JBSWY3DPEHPK3PXP', 'alice']) {
      expect(JSON.stringify(written)).not.toContain(secret);
    }
  });

  it('opens no state that was moved from another sign-in, or altered', async () => {
    const { ephemeral, states, written } = await fixture();
    await states.save(request('mine'), undefined, state('mine'), browser);
    await states.save(request('yours'), undefined, state('yours'), browser);
    const [mine, yours] = written;
    await ephemeral.set(String(mine?.key), String(yours?.value), PATIENCE);
    await expect(states.load(request('mine'))).rejects.toMatchObject({ code: 'ERR_SEAL' });
    await ephemeral.set(String(mine?.key), `${mine?.value.slice(0, -6)}AAAAAA`, PATIENCE);
    await expect(states.load(request('mine'))).rejects.toMatchObject({ code: 'ERR_SEAL' });
  });
});

it('waits half an hour for each answer', async () => {
  const clock = stoppedClock();
  const ephemeral = await openEphemeral('embedded', clock.now);
  const states = createStates({ ephemeral, sealer: createSealer(randomBytes(32)), random, strangers: uncounted });
  await states.save(request('a'), undefined, state('one'), browser);
  clock.pass(PATIENCE - 1);
  const loaded = await states.load(request('a'));
  expect(await states.save(request('a'), loaded, state('two'), browser)).toBeDefined();
  clock.pass(PATIENCE - 1);
  const again = await states.load(request('a'));
  expect(again?.state.nonce).toBe('two');
  clock.pass(1);
  expect(await states.load(request('a'))).toBeUndefined();
  expect(await states.save(request('a'), again, state('three'), browser)).toBeUndefined();
});

it('names steps so that none is guessed or named twice', async () => {
  const ephemeral = await openEphemeral('embedded', stoppedClock().now);
  const states = createStates({ ephemeral, sealer: createSealer(randomBytes(32)), random, strangers: uncounted });
  const nonces = new Set(Array.from({ length: 1_000 }, () => states.nonce()));
  expect(nonces.size).toBe(1_000);
  for (const nonce of nonces) expect(nonce).toMatch(/^[\w-]{16}$/);
});
