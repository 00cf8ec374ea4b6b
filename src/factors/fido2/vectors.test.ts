import { X509Certificate } from 'node:crypto';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { describe, expect, it } from 'vitest';
import type { Data, Enrolled, Pending } from './schemas.ts';
import { ada, fixture, NOW } from './testing/fixture.ts';
import { CA, VECTORS, type Vector } from './testing/vectors.ts';

const encode = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

/** Hex fields as the browser's JSON has them. */
function responseOf<F extends string>(vector: Vector, fields: Readonly<Record<F, string>>) {
  const id = encode(vector.credentialId);
  const encoded = Object.fromEntries(Object.entries<string>(fields).map(([name, hex]) => [name, encode(hex)]));
  const response = encoded as Record<F, string>;
  return { id, rawId: id, type: 'public-key' as const, response, clientExtensionResults: {} };
}

function answerOf(vector: Vector, fields: Readonly<Record<string, string>>) {
  return { response: JSON.stringify(responseOf(vector, fields)) };
}

const roots = [new X509Certificate(Buffer.from(CA, 'hex')).toString()];
const made = fixture(
  { profiles: [{ name: 'vectors', attestation: 'preferred', trust: { roots } }] },
  { issuer: 'https://example.org' },
);

/** The same text with a digit changed, here and there. */
function changes(text: string): string[] {
  return [60, 100, text.length - 2].map(
    (at) => text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1),
  );
}

function register(vector: Vector) {
  const { challenge, ...fields } = vector.registration;
  const pending: Pending = {
    kind: 'enrol',
    challenge: encode(challenge),
    userHandle: 'AAAA',
    exclude: [],
    names: [],
    groups: [],
  };
  return made.factor.enrols?.confirm(pending, answerOf(vector, fields));
}

function authenticate(vector: Vector, data: Data) {
  const { challenge, ...fields } = vector.authentication;
  const pending: Pending = { kind: 'challenge', challenge: encode(challenge), allow: [], uv: false };
  const credential: Enrolled = { id: 'c1', account: 'a1', factor: 'fido2', name: '', data, createdAt: NOW, version: 1 };
  return made.factor.verify(pending, [credential], answerOf(vector, fields), ada);
}

const ACCEPTED = VECTORS.filter(({ refused }) => refused === undefined);

describe.each(ACCEPTED)('the vector of WebAuthn section 16: $name', (vector) => {
  it('is accepted, registration and authentication', async () => {
    const registered = await register(vector);
    if (registered?.outcome !== 'confirmed') throw new Error(JSON.stringify(registered));
    expect(registered.data.attestation !== undefined).toBe(vector.certified);
    expect(await authenticate(vector, registered.data)).toMatchObject({ outcome: 'proved' });
  });

  it('is refused with its end missing', async () => {
    const { attestationObject } = vector.registration;
    for (let missing = 2; missing < 80; missing += 2) {
      const registration = { ...vector.registration, attestationObject: attestationObject.slice(0, -missing) };
      expect(await register({ ...vector, registration })).toMatchObject({ outcome: 'refused' });
    }
  });

  it('is refused with a byte of the assertion’s signature changed', async () => {
    const registered = await register(vector);
    if (registered?.outcome !== 'confirmed') throw new Error('not confirmed');
    const { authentication } = vector;
    for (const signature of changes(authentication.signature)) {
      const other = { ...vector, authentication: { ...authentication, signature } };
      expect(await authenticate(other, registered.data)).toMatchObject({ outcome: 'refused' });
    }
  });
});

describe.each(ACCEPTED.filter(({ name }) => !name.startsWith('none')))('the signed registration: $name', (vector) => {
  it('isn’t believed with a byte changed', async () => {
    for (const attestationObject of changes(vector.registration.attestationObject)) {
      const registration = { ...vector.registration, attestationObject };
      const registered = await register({ ...vector, registration });
      // A certificate that leads nowhere vouches for nothing, and `preferred` lets that pass.
      const unvouched = registered?.outcome === 'confirmed' && registered.data.attestation === undefined;
      expect(registered?.outcome === 'refused' || (vector.certified && unvouched)).toBe(true);
    }
  });
});

describe.each(VECTORS.filter(({ refused }) => refused !== undefined))('what isn’t asked for: $name', (vector) => {
  it('is refused at registration', async () => {
    expect(await register(vector)).toMatchObject({ outcome: 'refused', reason: vector.refused });
  });
});

/** COSE algorithms of the vectors that the library knows. */
const KNOWN = [-7, -8, -35, -36, -257];
const AT = { expectedOrigin: 'https://example.org', expectedRPID: 'example.org', requireUserVerification: false };

describe.each(VECTORS.filter(({ name }) => !name.includes('another origin')))(
  'in the bare library: $name',
  (vector) => {
    it('is accepted, so that what is refused here is refused here', async () => {
      const { challenge: first, ...made } = vector.registration;
      const { challenge: second, ...given } = vector.authentication;
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        ...AT,
        response: responseOf(vector, made),
        expectedChallenge: encode(first),
        supportedAlgorithmIDs: KNOWN,
      });
      expect(verified).toBe(true);
      if (registrationInfo === undefined) throw new Error('no credential');
      const { credential } = registrationInfo;
      const response = responseOf(vector, given);
      expect(
        await verifyAuthenticationResponse({ ...AT, response, expectedChallenge: encode(second), credential }),
      ).toMatchObject({ verified: true });
    });
  },
);
