import { describe, expect, it } from 'vitest';
import type { Making, RequestOptions } from './double.ts';
import { aaguidExtension, issue } from './testing/certificates.ts';
import { ada, enrolled, fixture, ORIGIN, optionsOf } from './testing/fixture.ts';

const MODEL = 'a25342c0-3cdc-4414-8e46-f4807fca511c';
const root = issue({ name: 'Vendor root', ca: true });
const leaf = issue({ issuer: root, extensions: [aaguidExtension(MODEL)] });
const making: Making = { format: 'packed', aaguid: MODEL, attestation: { leaf } };
const preferred = { name: 'all', attestation: 'preferred', trust: { roots: [root.certificate.toString()] } };

describe('what a credential can prove at most', () => {
  it('is attested hardware where some profile trusts its attestation, now', async () => {
    const made = fixture({ profiles: [preferred] });
    const { credential } = await enrolled(made, { making });
    expect(made.factor.rates?.atMost(credential)).toMatchObject({ phishingResistant: true, attested: true });
    const untrusting = fixture({ profiles: [{ ...preferred, trust: {} }] });
    expect(untrusting.factor.rates?.atMost(credential)).toMatchObject({ phishingResistant: true, attested: false });
  });

  it('is no attested hardware where it was not attested, or is synchronised', async () => {
    const made = fixture({ profiles: [preferred] });
    const plain = await enrolled(made);
    expect(made.factor.rates?.atMost(plain.credential)).toMatchObject({ phishingResistant: true, attested: false });
    const synced = await enrolled(made, { making, ceremony: { backupEligible: true } });
    expect(made.factor.rates?.atMost(synced.credential)).toMatchObject({ phishingResistant: true, attested: false });
  });

  it('is nothing once it is suspended', async () => {
    const made = fixture();
    const { credential } = await enrolled(made);
    const suspended = { ...credential, data: { ...credential.data, suspended: { at: 1, reason: 'counter' } } };
    expect(made.factor.rates?.atMost(suspended)).toEqual({ kinds: [], phishingResistant: false, attested: false });
  });
});

describe('opening a sign-in again', () => {
  it('takes verification, of the account’s own credentials', async () => {
    const made = fixture();
    const one = await enrolled(made);
    const { prompt, pending } = await made.factor.challenge(ada, [one.credential], { opening: true });
    expect(optionsOf(prompt)).toMatchObject({
      userVerification: 'required',
      allowCredentials: [{ id: one.device.credentialId }],
    });
    const weak = one.device.get(optionsOf<RequestOptions>(prompt), { uv: false });
    expect(await made.factor.verify(pending, [one.credential], weak, ada)).toMatchObject({
      outcome: 'refused',
      reason: 'user-verification',
    });
  });
});

describe('related origins', () => {
  it('are published with the issuer’s own', () => {
    const origins = ['https://login.example.org'];
    expect(fixture({ origins }).factor.publishes).toEqual([
      { path: '/.well-known/webauthn', body: { origins: [ORIGIN, ...origins] } },
    ]);
  });
});
