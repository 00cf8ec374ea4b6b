import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPHEMERAL, MINUTE, openEphemeral, START, stoppedClock } from '../../test/support/sign-in.ts';
import type { Evidence } from '../core/assurance.ts';
import type { SessionSight } from '../core/sign-in.ts';
import { createEvidence } from './evidence.ts';

function proof(credential: string, request = 'r1', at = START): Evidence {
  const strength = { phishingResistant: false, attested: false };
  return { factor: 'sample', credential, amr: ['otp'], kinds: ['possession'], ...strength, at, request };
}

const at = (session: string, epoch = 1): SessionSight => ({ session, epoch });

describe.each(EPHEMERAL)('evidence in %s', (store) => {
  async function fixture() {
    const clock = stoppedClock();
    const ephemeral = await openEphemeral(store, clock.now);
    return { clock, evidence: createEvidence(ephemeral) };
  }

  it('moves to the session that resumes the sign-in, once, of 100 at once', async () => {
    const { evidence } = await fixture();
    await evidence.leave('sign-in', 'alice', [proof('phone')], MINUTE);
    const adopted = await Promise.all(
      Array.from({ length: 100 }, (_, index) => evidence.adopt('sign-in', at(`session-${index}`), MINUTE)),
    );
    expect(adopted.filter((proofs) => proofs.length > 0)).toEqual([[proof('phone')]]);
    const held = await Promise.all(
      Array.from({ length: 100 }, (_, index) => evidence.of(at(`session-${index}`), 'alice')),
    );
    expect(held.filter((proofs) => proofs.length > 0)).toEqual([[proof('phone')]]);
  });

  it('isn’t left again by an answer that comes after it was adopted', async () => {
    const { evidence } = await fixture();
    const leave = () => evidence.leave('sign-in', 'alice', [proof('phone')], MINUTE);
    await Promise.all(Array.from({ length: 100 }, leave));
    expect(await evidence.adopt('sign-in', at('session'), MINUTE)).toEqual([proof('phone')]);
    await Promise.all(Array.from({ length: 100 }, leave));
    expect(await evidence.adopt('sign-in', at('another'), MINUTE)).toEqual([]);
  });

  it('of two sign-ins that end together is all kept', async () => {
    const { evidence } = await fixture();
    const ids = Array.from({ length: 20 }, (_, index) => `sign-in-${index}`);
    for (const id of ids) await evidence.leave(id, 'alice', [proof('phone', id)], MINUTE);
    await Promise.all(ids.map((id) => evidence.adopt(id, at('session'), MINUTE)));
    const requests = (await evidence.of(at('session'), 'alice')).map(({ request }) => request);
    expect(requests.sort()).toEqual(ids.sort());
  });

  it('is added to what the session holds; the same proof again replaces the older', async () => {
    const { evidence } = await fixture();
    await evidence.leave('one', 'alice', [proof('password'), proof('phone')], MINUTE);
    await evidence.adopt('one', at('session'), MINUTE);
    await evidence.leave('two', 'alice', [proof('phone', 'r1', START + 5), proof('phone', 'r2')], MINUTE);
    expect(await evidence.adopt('two', at('session'), MINUTE)).toHaveLength(2);
    const held = await evidence.of(at('session'), 'alice');
    expect(held).toHaveLength(3);
    expect(held).toEqual(
      expect.arrayContaining([proof('password'), proof('phone', 'r1', START + 5), proof('phone', 'r2')]),
    );
  });

  it('of another account is neither shown nor mixed in', async () => {
    const { evidence } = await fixture();
    await evidence.leave('one', 'alice', [proof('phone')], MINUTE);
    await evidence.adopt('one', at('session'), MINUTE);
    expect(await evidence.of(at('session'), 'bob')).toEqual([]);
    await evidence.leave('two', 'bob', [proof('key')], MINUTE);
    await evidence.adopt('two', at('session'), MINUTE);
    expect(await evidence.of(at('session'), 'bob')).toEqual([proof('key')]);
    expect(await evidence.of(at('session'), 'alice')).toEqual([]);
  });

  it('is seen from its epoch on, and before only by the request in which it was given', async () => {
    const { evidence } = await fixture();
    await evidence.leave('one', 'alice', [proof('password', 'r1')], MINUTE);
    await evidence.adopt('one', at('session', 1), MINUTE);
    await evidence.leave('two', 'alice', [proof('phone', 'r2')], MINUTE);
    await evidence.adopt('two', at('session', 2), MINUTE);
    const seen = async (epoch: number, request?: string) =>
      (await evidence.of(at('session', epoch), 'alice', request)).map(({ credential }) => credential);
    expect(await seen(0)).toEqual([]);
    expect(await seen(1)).toEqual(['password']);
    expect(await seen(1, 'r2')).toEqual(['password', 'phone']);
    expect(await seen(2)).toEqual(['password', 'phone']);
  });

  it('that is changed is seen by the new value of the cookie alone, the rest as before', async () => {
    const { evidence } = await fixture();
    await evidence.leave('one', 'alice', [proof('password'), proof('phone')], MINUTE);
    await evidence.adopt('one', at('session', 1), MINUTE);
    const renewed = { ...at('session', 2), renewed: true } as const;
    await evidence.change(renewed, 'alice', ([first, second]) => [
      ...(first ? [first] : []),
      ...(second ? [{ ...second, at: START + 1 }] : []),
      proof('new', 'r9'),
    ]);
    const seen = async (epoch: number) =>
      (await evidence.of(at('session', epoch), 'alice')).map(({ credential }) => credential);
    expect(await seen(1)).toEqual(['password']);
    expect(await seen(2)).toEqual(['password', 'phone', 'new']);
  });

  it('names the request in which it was given, or is not stored', async () => {
    const { evidence } = await fixture();
    const nameless = [proof('phone', ''), { ...proof('phone'), request: undefined as unknown as string }];
    for (const one of nameless) {
      await expect(evidence.leave('one', 'alice', [one], MINUTE)).rejects.toThrow(TypeError);
    }
    expect(await evidence.adopt('one', at('session'), MINUTE)).toEqual([]);
  });

  it('that was never left, or of another session, is none', async () => {
    const { evidence } = await fixture();
    expect(await evidence.adopt('unknown', at('session'), MINUTE)).toEqual([]);
    expect(await evidence.of(at('session'), 'alice')).toEqual([]);
  });
});

describe('the life of evidence', () => {
  it('ends with the sign-in’s patience, and with the session', async () => {
    const clock = stoppedClock();
    const evidence = createEvidence(await openEphemeral('embedded', clock.now));
    await evidence.leave('late', 'alice', [proof('phone')], MINUTE);
    await evidence.leave('in time', 'alice', [proof('phone')], MINUTE + 1);
    clock.pass(MINUTE);
    expect(await evidence.adopt('late', at('session'), MINUTE)).toEqual([]);
    expect(await evidence.adopt('in time', at('session'), MINUTE)).toHaveLength(1);
    clock.pass(MINUTE - 1);
    expect(await evidence.of(at('session'), 'alice')).toHaveLength(1);
    clock.pass(1);
    expect(await evidence.of(at('session'), 'alice')).toEqual([]);
  });

  it('keeps the newest proofs of a session with many', async () => {
    const clock = stoppedClock();
    const evidence = createEvidence(await openEphemeral('embedded', clock.now));
    const given = fc.array(fc.tuple(fc.nat(12), fc.nat(3)), { minLength: 40, maxLength: 80, size: 'max' });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(given, async (proofs) => {
        run += 1;
        const newest = new Map<string, Evidence>();
        for (const [index, [request, credential]] of proofs.entries()) {
          const one = proof(`c${credential}`, `r${request}`, START + index);
          newest.set(`${credential} ${request}`, one);
          await evidence.leave(`${run}-${index}`, 'alice', [one], MINUTE);
          await evidence.adopt(`${run}-${index}`, at(`session-${run}`), MINUTE);
        }
        const expected = [...newest.values()].sort((a, b) => b.at - a.at).slice(0, 32);
        const held = await evidence.of(at(`session-${run}`), 'alice');
        expect(held.toSorted((a, b) => b.at - a.at)).toEqual(expected);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});
