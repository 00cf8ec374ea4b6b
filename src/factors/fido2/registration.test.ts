import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../core/account.ts';
import fido2 from './index.ts';
import { ada, enrolled, enrolling, fixture, NOW, optionsOf } from './testing/fixture.ts';

interface Options {
  rp: unknown;
  user: { id: string; name: string };
  challenge: string;
  excludeCredentials: { id: string }[];
  attestation: string;
  authenticatorSelection: object;
}

describe('enrolment', () => {
  it('asks for a discoverable credential, for this site and person', async () => {
    const { prompt } = (await fixture().factor.enrols?.begin(ada, [])) ?? {};
    if (prompt === undefined) throw new Error('no prompt');
    expect(prompt).toMatchObject({ kind: 'ceremony', script: '/assets/fido2/ceremony.js' });
    expect(optionsOf<Options>(prompt)).toMatchObject({
      ceremony: 'create',
      rp: { id: 'login.example.edu', name: 'Example University' },
      user: { name: 'ada@example.edu', displayName: 'Ada' },
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
      excludeCredentials: [],
    });
  });

  it('tells nothing of the person to the key but what the browser shows, and one user handle for all', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const { prompt } = (await made.factor.enrols?.begin(ada, [one.credential])) ?? {};
    if (prompt === undefined) throw new Error('no prompt');
    const { user, excludeCredentials, challenge } = optionsOf<Options>(prompt);
    expect(user.id).toBe(one.credential.data.userHandle);
    expect(Buffer.from(user.id, 'base64url')).toHaveLength(32);
    expect(Buffer.from(challenge, 'base64url')).toHaveLength(32);
    expect(excludeCredentials).toMatchObject([{ id: one.device.credentialId }]);
    const other = await made.factor.enrols?.begin({ ...ada, id: 'a2' }, []);
    if (other === undefined) throw new Error('no prompt');
    expect(optionsOf<Options>(other.prompt).user.id).not.toBe(user.id);
  });

  it.each(['ES256', 'RS256', 'EdDSA'] as const)('is confirmed with %s and can be looked up', async (algorithm) => {
    const { device, result } = await enrolling(fixture(), { making: { algorithm } });
    expect(result).toMatchObject({
      outcome: 'confirmed',
      lookup: [device.credentialId],
      data: { credentialId: device.credentialId, counter: 0, transports: ['usb', 'nfc'], backupEligible: false },
      proof: {
        factor: 'fido2',
        amr: ['pop', 'user'],
        kinds: ['possession', 'inherence'],
        phishingResistant: true,
        attested: false,
        at: NOW,
      },
    });
  });

  it('proves nothing without user verification', async () => {
    const { result } = await enrolling(fixture(), { ceremony: { uv: false } });
    expect(result).toMatchObject({ outcome: 'confirmed' });
    expect(result).not.toHaveProperty('proof');
  });

  it('takes the name given, or the model’s, or the method’s in the account’s language', async () => {
    const yubikey = { aaguid: 'a25342c0-3cdc-4414-8e46-f4807fca511c' };
    const hant: Account = { ...ada, locale: 'zh-TW' };
    expect((await enrolling(fixture(), { name: ' My\nkey ' })).result).toMatchObject({ name: 'My key' });
    expect((await enrolling(fixture(), { making: yubikey })).result).toMatchObject({ name: 'YubiKey 5 NFC (5.7)' });
    expect((await enrolling(fixture(), { account: hant })).result).toMatchObject({ name: '通行密鑰' });
    const one = await enrolled(fixture());
    expect((await enrolling(fixture(), { existing: [one.credential] })).result).toMatchObject({ name: 'Passkey 2' });
  });

  it.each([
    ['another type', { type: 'webauthn.get' }, 'type'],
    ['another challenge', { challenge: 'AAAA' }, 'challenge'],
    ['another origin', { origin: 'https://login.example.edu.evil.example' }, 'origin'],
    ['plain http', { origin: 'http://login.example.edu' }, 'origin'],
    ['a frame', { crossOrigin: true }, 'cross-origin'],
    ['another rpId', { rpId: 'evil.example' }, 'rp-id'],
    ['nobody present', { up: false }, 'user-presence'],
    ['backed up, though not eligible', { backedUp: true }, 'backup-flags'],
    ['another id', { id: 'AAAA' }, 'id'],
  ])('refuses %s', async (_case, ceremony, reason) => {
    const { result } = await enrolling(fixture(), { ceremony });
    expect(result).toMatchObject({ outcome: 'refused', reason, final: true });
  });

  it('refuses the answer to another enrolment', async () => {
    const made = fixture();
    const { answer } = await enrolling(made);
    const again = await made.factor.enrols?.begin(ada, []);
    if (again === undefined) throw new Error('no prompt');
    expect(await made.factor.enrols?.confirm(again.pending, answer)).toMatchObject({ reason: 'challenge' });
  });

  it('says so where the credential is registered already, whatever the browser let through', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const begun = await made.factor.enrols?.begin(ada, [one.credential]);
    if (begun === undefined) throw new Error('no prompt');
    const answer = one.device.create(optionsOf(begun.prompt));
    expect(await made.factor.enrols?.confirm(begun.pending, answer)).toMatchObject({
      outcome: 'refused',
      message: { key: 'registered' },
    });
  });

  it('stops at ten', async () => {
    const made = fixture();
    const { credential } = await enrolled(made);
    const full = await made.factor.enrols?.begin(
      ada,
      Array.from({ length: 10 }, () => credential),
    );
    if (full === undefined) throw new Error('no prompt');
    expect(full.prompt).toMatchObject({ kind: 'notice', text: { key: 'full', values: { maximum: 10 } } });
    expect(await made.factor.enrols?.confirm(full.pending, {})).toMatchObject({ outcome: 'refused', reason: 'full' });
    expect(
      (
        await made.factor.enrols?.begin(
          ada,
          Array.from({ length: 9 }, () => credential),
        )
      )?.prompt.kind,
    ).toBe('ceremony');
  });

  it('refuses what isn’t a registration, and a challenge kept for something else', async () => {
    const made = fixture();
    const { pending } = await enrolling(made);
    for (const response of ['', '{', '[]', 'null', '{"id":"AA"}', 'x'.repeat(200_000)]) {
      expect(await made.factor.enrols?.confirm(pending, { response })).toMatchObject({ reason: 'malformed' });
    }
    const begun = await made.factor.opens?.begin();
    if (begun === undefined) throw new Error('no prompt');
    expect(await made.factor.enrols?.confirm(begun.pending, {})).toMatchObject({
      outcome: 'refused',
      reason: 'expired',
    });
  });

  it('refuses a self attestation that is signed by another key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const self = await enrolling(fixture(), { making: { format: 'self' } });
    expect(self.result).toMatchObject({ outcome: 'confirmed' });
    const forged = await enrolling(fixture(), { making: { format: 'self', forger: privateKey } });
    expect(forged.result).toMatchObject({ outcome: 'refused', reason: 'signature' });
  });
});

describe('the site', () => {
  const settings = { rpId: 'example.edu', rpName: 'Example', origins: ['https://example.net'] };

  it('may be the institution’s domain, with related origins', async () => {
    const made = fixture(settings);
    await made.factor.runs?.start();
    const { result } = await enrolling(made, { ceremony: { origin: 'https://example.net' } });
    expect(result).toMatchObject({ outcome: 'confirmed' });
  });

  it.each(['edu.example', 'gin.example.edu', 'example.com'])('isn’t %s', async (rpId) => {
    await expect(fixture({ rpId }).factor.runs?.start()).rejects.toThrow(
      /factors\.fido2: rpId .* neither the issuer's host/,
    );
  });

  it('may be a domain to which the issuer is a related origin', async () => {
    await fixture({ rpId: 'example.com', origins: ['https://login.example.edu'] }).factor.runs?.start();
    await expect(fixture({ rpId: 'example.com' }).factor.runs?.start()).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it.each([
    { origins: ['https://example.net/path'] },
    { origins: ['http://example.net'] },
    { origins: ['example.net'] },
    { rpId: 'https://example.edu' },
    { rpId: 'Example.edu' },
    { maximum: 11 },
    { profiles: [{ name: 'a', attestation: 'sometimes' }] },
    { profiles: [{ name: 'a', trust: { roots: ['no certificate'] } }] },
    { profiles: [{ name: 'a', aaguids: { allow: ['5'] } }] },
    { profiles: [{ name: 'a', minimumLevel: 'L1' }] },
    { profiles: [{ name: 'a', minimumFirmware: { 'a25342c0-3cdc-4414-8e46-f4807fca511c': '5.7.0' } }] },
    {
      profiles: [
        { name: 'a', attestation: 'preferred', minimumFirmware: { 'a25342c0-3cdc-4414-8e46-f4807fca511c': '5.7' } },
      ],
    },
    { profiles: [{ name: 'a', groups: [] }] },
    { unknown: true },
  ])('is refused as %j', (wrong) => {
    expect(fido2.settings.safeParse(wrong).success).toBe(false);
  });
});
