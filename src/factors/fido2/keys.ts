import { createPublicKey } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** Least size of an RSA key, bits (NIST SP 800-131A). */
const RSA_BITS = 2048;

/** JWK of a COSE_Key (RFC 9053 section 7, RFC 8230 section 4) of an algorithm that is offered. */
function jwkOf(cose: Map<unknown, unknown>): Record<string, string> | undefined {
  const part = (label: number): string => {
    const value = cose.get(label);
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : '';
  };
  switch (`${cose.get(1)} ${cose.get(3)}`) {
    case '2 -7':
      return cose.get(-1) === 1 ? { kty: 'EC', crv: 'P-256', x: part(-2), y: part(-3) } : undefined;
    case '1 -8':
      return cose.get(-1) === 6 ? { kty: 'OKP', crv: 'Ed25519', x: part(-2) } : undefined;
    case '3 -257':
      return { kty: 'RSA', n: part(-1), e: part(-2) };
    default:
      return undefined;
  }
}

/**
 * Whether a COSE_Key can verify anything: complete, on its curve, and not too short. The CBOR parser lets the end of
 * an answer be missing, and with the format none nothing else would notice.
 */
export function isSoundKey(encoded: Uint8Array): boolean {
  try {
    const cose: unknown = isoCBOR.decodeFirst(new Uint8Array(encoded));
    const jwk = cose instanceof Map ? jwkOf(cose) : undefined;
    if (jwk === undefined) return false;
    const { modulusLength } = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails ?? {};
    return modulusLength === undefined || modulusLength >= RSA_BITS;
  } catch {
    return false;
  }
}
