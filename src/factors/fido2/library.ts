import {
  SettingsService,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject, isoCBOR, parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import type { Expected } from './ceremony.ts';
import type { AssertionAnswer, RegistrationAnswer } from './response.ts';

// The library would check chains against roots of its own, which are global, and get revocation lists from
// addresses in them: with none it leaves the chains to us, who have checked them before.
for (const identifier of ['apple', 'android-key', 'android-safetynet', 'mds'] as const) {
  SettingsService.setRootCertificates({ identifier, certificates: [] });
}

/** COSE algorithms offered and accepted, the most usual first: ES256, EdDSA, RS256 (Windows Hello). */
export const ALGORITHMS = [-7, -8, -257];

/** An attestation object, taken apart (WebAuthn section 6.5). */
export interface AttestationObject {
  format: string;
  authData: Uint8Array;
  /** Certificates, leaf first, DER; empty without. */
  x5c: Uint8Array[];
  credentialId: string;
  /** Hex, with hyphens. */
  aaguid: string;
}

function bytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

function uuid(value: Uint8Array): string {
  return Buffer.from(value)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Undefined where it isn't one, or speaks of no credential. */
export function attestationObjectOf(encoded: string): AttestationObject | undefined {
  try {
    const object = decodeAttestationObject(new Uint8Array(Buffer.from(encoded, 'base64url')));
    const [format, authData, statement] = [object.get('fmt'), bytes(object.get('authData')), object.get('attStmt')];
    if (typeof format !== 'string' || authData === undefined || !(statement instanceof Map)) return undefined;
    const { aaguid, credentialID } = parseAuthenticatorData(new Uint8Array(authData));
    if (aaguid === undefined || credentialID === undefined) return undefined;
    const x5c: unknown = statement.get('x5c') ?? [];
    if (!Array.isArray(x5c) || !x5c.every((certificate) => bytes(certificate))) return undefined;
    const credentialId = Buffer.from(credentialID).toString('base64url');
    return { format, authData, x5c, credentialId, aaguid: uuid(aaguid) };
  } catch {
    // The library throws whatever its parsers throw; none of it says more than that this isn't CBOR as expected.
    return undefined;
  }
}

/** The same with no statement: what a browser gives where none was asked for (WebAuthn section 5.4.7). */
function withoutStatement(authData: Uint8Array): string {
  const object = new Map<string, string | Uint8Array | Map<string, string>>([
    ['fmt', 'none'],
    ['attStmt', new Map<string, string>()],
    ['authData', authData],
  ]);
  return Buffer.from(isoCBOR.encode(object)).toString('base64url');
}

type Registered = NonNullable<VerifiedRegistrationResponse['registrationInfo']>;

/**
 * The credential of a registration; undefined where signature or structure is wrong.
 *
 * @param believed whether the statement is to be verified: its certificates are trusted, or it has none.
 *   Otherwise it is dropped unread. For the format android-key the library builds the chain to whatever root
 *   the answer brings and fetches the revocation lists that it names (SSRF): that format is never believed.
 */
export async function verifyRegistration(
  answer: RegistrationAnswer,
  object: AttestationObject,
  expected: Expected,
  believed: boolean,
): Promise<Registered | undefined> {
  const { id, rawId, type, response } = answer;
  const attestationObject = believed ? response.attestationObject : withoutStatement(object.authData);
  try {
    const result = await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type,
        clientExtensionResults: {},
        response: { clientDataJSON: response.clientDataJSON, attestationObject },
      },
      expectedChallenge: expected.challenge,
      expectedOrigin: [...expected.origins],
      expectedRPID: expected.rpId,
      requireUserVerification: expected.uv,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return result.verified ? result.registrationInfo : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an assertion is signed by this key. The counter is the caller's: it counts only under a right signature. */
export async function isAssertionSigned(
  answer: AssertionAnswer,
  credential: { id: string; publicKey: string },
  expected: Expected,
): Promise<boolean> {
  const { id, rawId, type, response } = answer;
  const { clientDataJSON, authenticatorData, signature } = response;
  try {
    const result = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: expected.challenge,
      expectedOrigin: [...expected.origins],
      expectedRPID: expected.rpId,
      requireUserVerification: expected.uv,
      credential: {
        id: credential.id,
        publicKey: new Uint8Array(Buffer.from(credential.publicKey, 'base64url')),
        // With 0 the library compares nothing.
        counter: 0,
      },
    });
    return result.verified;
  } catch {
    return false;
  }
}
