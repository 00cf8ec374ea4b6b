import { describe, expect, it } from 'vitest';
import { levelOf } from '../../core/assurance.ts';
import type { RequestOptions } from './double.ts';
import { ada, enrolled, enrolling, fixture, NOW, opening, optionsOf, using } from './testing/fixture.ts';

const password = {
  factor: 'password',
  credential: 'password',
  amr: ['pwd'],
  kinds: ['knowledge' as const],
  phishingResistant: false,
  attested: false,
  at: NOW,
};

describe('opening a sign-in', () => {
  it('asks for any passkey, with verification, also from the user name field', async () => {
    const begun = await fixture().factor.opens?.begin();
    if (begun === undefined) throw new Error('no prompt');
    expect(begun.prompt).toMatchObject({ kind: 'ceremony', conditional: true });
    expect(optionsOf(begun.prompt)).toMatchObject({
      ceremony: 'get',
      mediation: 'conditional',
      rpId: 'login.example.edu',
      userVerification: 'required',
      allowCredentials: [],
    });
  });

  it('finds the account by the credential, and is phishing-resistant by itself', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const { who, verdict } = await opening(made, one);
    expect(who).toEqual({ lookup: one.device.credentialId });
    if (verdict.outcome !== 'proved') throw new Error(JSON.stringify(verdict));
    expect(verdict.proof).toEqual({
      factor: 'fido2',
      credential: 'c1',
      amr: ['pop', 'user'],
      kinds: ['possession', 'inherence'],
      phishingResistant: true,
      attested: false,
      at: NOW,
    });
    expect(levelOf([verdict.proof])).toBe('phr');
    expect(verdict.update).toEqual({ credential: 'c1', data: { ...one.credential.data, counter: 1 } });
  });

  it('refuses without user verification, and says what to do', async () => {
    const made = fixture();
    const { verdict } = await opening(made, await enrolled(made), { ceremony: { uv: false } });
    expect(verdict).toMatchObject({ message: { key: 'not-verified' }, reason: 'user-verification' });
  });

  it.each([
    ['none', null],
    ['an empty one', ''],
    ['another', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('refuses a user handle that is %s', async (_case, userHandle) => {
    const made = fixture();
    const { verdict } = await opening(made, await enrolled(made), { ceremony: { userHandle } });
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'user-handle' });
  });

  it('refuses alike where there is no such credential, account or signature', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const other = await enrolled(made, { id: 'c2' });
    const removed = await opening(made, one, { credentials: [] });
    // The other's signature under this one's id.
    const swapped = await opening(made, other, {
      credentials: [one.credential],
      ceremony: { id: one.device.credentialId },
    });
    const begun = await made.factor.opens?.begin();
    if (begun === undefined) throw new Error('no prompt');
    const nobody = await made.factor.verify(
      begun.pending,
      [],
      one.device.get(optionsOf<RequestOptions>(begun.prompt)),
      undefined,
    );
    const messages = [removed.verdict, swapped.verdict, nobody].map((it) => it.outcome === 'refused' && it.message);
    expect(messages).toEqual([{ key: 'unknown' }, { key: 'unknown' }, { key: 'unknown' }]);
  });

  it('refuses an answer that is none, and what was kept for something else', async () => {
    const made = fixture();
    const begun = await made.factor.opens?.begin();
    const asked = await made.factor.challenge(ada, []);
    if (begun === undefined) throw new Error('no prompt');
    for (const response of ['', '{', '{"id":"../x"}', '"', 'x'.repeat(200_000)]) {
      expect(await made.factor.opens?.identify(begun.pending, { response })).toMatchObject({ reason: 'malformed' });
      expect(await made.factor.verify(begun.pending, [], { response }, ada)).toMatchObject({ reason: 'malformed' });
    }
    expect(await made.factor.opens?.identify(asked.pending, {})).toMatchObject({ reason: 'expired' });
    const { pending } = await enrolling(made);
    expect(await made.factor.verify(pending, [], {}, ada)).toMatchObject({ reason: 'expired' });
  });
});

describe('a second factor', () => {
  it('asks for the account’s own, and is content with presence', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const { prompt } = await made.factor.challenge(ada, [one.credential]);
    expect(optionsOf(prompt)).toMatchObject({
      userVerification: 'preferred',
      allowCredentials: [{ type: 'public-key', id: one.device.credentialId, transports: ['usb', 'nfc'] }],
    });
    expect(optionsOf(prompt)).not.toHaveProperty('mediation');
    const verdict = await using(made, one, { ceremony: { uv: false, userHandle: null } });
    if (verdict.outcome !== 'proved') throw new Error(JSON.stringify(verdict));
    expect(verdict.proof).toMatchObject({ kinds: ['possession'], phishingResistant: true });
    expect(levelOf([password, verdict.proof])).toBe('phr');
    expect(levelOf([verdict.proof])).toBe('sfa');
  });

  it('opens the sign-in again with verification, where no credential is given', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const { prompt, pending } = await made.factor.challenge(ada, []);
    expect(optionsOf(prompt)).toMatchObject({ userVerification: 'required', allowCredentials: [] });
    const weak = one.device.get(optionsOf<RequestOptions>(prompt), { uv: false });
    expect(await made.factor.verify(pending, [one.credential], weak, ada)).toMatchObject({ outcome: 'refused' });
    const strong = one.device.get(optionsOf<RequestOptions>(prompt));
    expect(await made.factor.verify(pending, [one.credential], strong, ada)).toMatchObject({ outcome: 'proved' });
  });

  it.each([
    ['type', { type: 'webauthn.create' }],
    ['challenge', { challenge: 'AAAA' }],
    ['origin', { origin: 'https://evil.example' }],
    ['origin', { origin: 'https://login.example.edu:8443' }],
    ['cross-origin', { crossOrigin: true }],
    ['rp-id', { rpId: 'example.edu' }],
    ['user-presence', { up: false }],
    ['backup-flags', { backedUp: true }],
    ['user-handle', { userHandle: 'AAAA' }],
  ])('refuses another %s: %j', async (reason, ceremony) => {
    const made = fixture();
    const verdict = await using(made, await enrolled(made), { ceremony });
    expect(verdict).toMatchObject({ outcome: 'refused', reason, final: true });
    expect(verdict).not.toHaveProperty('update');
  });

  it('refuses the answer to an earlier challenge', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const first = await made.factor.challenge(ada, [one.credential]);
    const answer = one.device.get(optionsOf<RequestOptions>(first.prompt));
    const second = await made.factor.challenge(ada, [one.credential]);
    expect(await made.factor.verify(second.pending, [one.credential], answer, ada)).toMatchObject({
      reason: 'challenge',
    });
  });

  it('refuses one person’s credential for another, and one that was not asked for', async () => {
    const made = fixture();
    const mine = await enrolled(made);
    const grace = { ...ada, id: 'a2' };
    const hers = await enrolled(made, { id: 'c2', account: grace });
    const asked = await made.factor.challenge(ada, [mine.credential]);
    const answer = hers.device.get(optionsOf<RequestOptions>(asked.prompt));
    const both = [mine.credential, hers.credential];
    expect(await made.factor.verify(asked.pending, both, answer, ada)).toMatchObject({ reason: 'unknown' });
    const open = await made.factor.challenge(ada, []);
    const anyone = hers.device.get(optionsOf<RequestOptions>(open.prompt));
    expect(await made.factor.verify(open.pending, both, anyone, ada)).toMatchObject({ reason: 'unknown' });
    const later = await enrolled(made, { id: 'c3' });
    const fresh = later.device.get(optionsOf<RequestOptions>(asked.prompt));
    const mineNow = [mine.credential, later.credential];
    expect(await made.factor.verify(asked.pending, mineNow, fresh, ada)).toMatchObject({ reason: 'unknown' });
  });
});

describe('what becomes of a credential', () => {
  it.each([
    ['goes back', 7, 6],
    ['stands still', 7, 7],
    ['is lost', 7, 0],
  ])('suspends it where the counter %s', async (_case, before, after) => {
    const made = fixture();
    const one = await enrolled(made, { ceremony: { counter: before } });
    const verdict = await using(made, one, { ceremony: { counter: after } });
    const reason = `counter ${after} after ${before}`;
    const data = { ...one.credential.data, suspended: { at: NOW, reason } };
    expect(verdict).toMatchObject({
      outcome: 'refused',
      message: { key: 'suspended' },
      reason: `possibly cloned: ${reason}`,
      update: { credential: 'c1', data },
    });
    const suspended = { ...one.credential, data };
    expect(await using(made, one, { credentials: [suspended], ceremony: { counter: 9 } })).toMatchObject({
      outcome: 'refused',
      reason: `suspended: ${reason}`,
    });
    expect(made.factor.usable(ada, [suspended])).toBe(false);
    expect(made.factor.usable(ada, [suspended, one.credential])).toBe(true);
    const { prompt } = await made.factor.challenge(ada, [suspended, { ...one.credential, id: 'c2' }]);
    expect(optionsOf<{ allowCredentials: object[] }>(prompt).allowCredentials).toHaveLength(1);
  });

  it('never suspends on an answer that isn’t signed by it', async () => {
    const made = fixture();
    const one = await enrolled(made, { ceremony: { counter: 7 } });
    const stranger = await enrolled(made, { id: 'c2' });
    const { prompt, pending } = await made.factor.challenge(ada, [one.credential]);
    const forged = stranger.device.get(optionsOf<RequestOptions>(prompt), {
      counter: 1,
      id: one.device.credentialId,
      userHandle: null,
    });
    const verdict = await made.factor.verify(pending, [one.credential], forged, ada);
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'signature' });
    expect(verdict).not.toHaveProperty('update');
  });

  it('accepts an authenticator that doesn’t count', async () => {
    const made = fixture();
    const one = await enrolled(made);
    expect(await using(made, one, { ceremony: { counter: 0 } })).toMatchObject({ outcome: 'proved' });
  });

  it('refuses where it becomes able to be backed up, and records that it was', async () => {
    const made = fixture();
    const bound = await enrolled(made);
    expect(await using(made, bound, { ceremony: { backupEligible: true } })).toMatchObject({
      outcome: 'refused',
      reason: 'backup-eligibility changed',
    });
    const synced = await enrolled(made, { ceremony: { backupEligible: true } });
    expect(await using(made, synced, { ceremony: { backupEligible: false } })).toMatchObject({ outcome: 'refused' });
    expect(await using(made, synced, { ceremony: { backupEligible: true, backedUp: true } })).toMatchObject({
      outcome: 'proved',
      proof: { amr: ['swk', 'user'] },
      update: { data: { backedUp: true } },
    });
  });

  it('says nothing secret in a refusal', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const text = JSON.stringify(await using(made, one, { ceremony: { origin: 'https://evil.example' } }));
    expect(text).not.toContain(one.credential.data.userHandle);
    expect(text).not.toContain(one.device.credentialId);
  });
});
