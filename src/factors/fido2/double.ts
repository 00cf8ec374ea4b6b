import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { Answer } from '../../core/prompt.ts';
import type { Issued } from './testing/certificates.ts';
import { androidKey, apple, type Subject, tpm } from './testing/statements.ts';

type Cbor = Parameters<typeof isoCBOR.encode>[0];

/** What a creation prompt's `publicKey` has, as far as an authenticator looks at it. */
export interface CreationOptions {
  challenge: string;
  rp: { id: string };
  user: { id: string };
}

export interface RequestOptions {
  challenge: string;
  rpId: string;
}

/** How a credential is made, and by which model. */
export interface Making {
  format?: 'none' | 'packed' | 'self' | 'fido-u2f' | 'tpm' | 'apple' | 'android-key';
  algorithm?: 'ES256' | 'RS256' | 'EdDSA';
  aaguid?: string;
  /** Attestation certificate with its key, and what stands between it and the root; for tpm, apple and android-key its issuer. */
  attestation?: { leaf: Issued; intermediates?: Issued[] };
  /** Signs the statement with this key instead. */
  forger?: KeyObject;
}

/** How one ceremony goes wrong, or differs. */
export interface Ceremony {
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
  up?: boolean;
  uv?: boolean;
  backupEligible?: boolean;
  backedUp?: boolean;
  counter?: number;
  userHandle?: string | null;
  crossOrigin?: boolean;
  /** Another id in the answer than the credential's. */
  id?: string;
}

const ALGORITHMS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

/** Formats whose certificate is made for each credential. */
const STATEMENTS: Readonly<Record<string, (subject: Subject, issuer: Issued) => ReturnType<typeof tpm>>> = {
  tpm,
  apple,
  'android-key': androidKey,
};

const decoded = (text = ''): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** COSE_Key (RFC 9053). */
function coseKey(algorithm: keyof typeof ALGORITHMS, key: KeyObject): Uint8Array {
  const { x, y, n, e } = key.export({ format: 'jwk' });
  const parts: Readonly<Record<typeof algorithm, [number, number | Uint8Array][]>> = {
    ES256: [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, decoded(x)],
      [-3, decoded(y)],
    ],
    RS256: [
      [1, 3],
      [3, -257],
      [-1, decoded(n)],
      [-2, decoded(e)],
    ],
    EdDSA: [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, decoded(x)],
    ],
  };
  return isoCBOR.encode(new Map(parts[algorithm]));
}

const signed = (data: Uint8Array, key: KeyObject): Uint8Array =>
  new Uint8Array(sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key));

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** An authenticator in software, with the browser around it: answers as both together would. */
export class SoftwareAuthenticator {
  readonly origin: string;
  readonly making: Making;
  readonly id: Buffer;
  counter = 0;
  userHandle = '';
  #keys: { publicKey: KeyObject; privateKey: KeyObject };

  /** @param origin the page's */
  constructor(origin: string, making: Making = {}) {
    this.origin = origin;
    this.making = making;
    this.id = randomBytes(32);
    this.#keys = ALGORITHMS[making.algorithm ?? 'ES256']();
  }

  get credentialId(): string {
    return this.id.toString('base64url');
  }

  get publicKey(): Uint8Array {
    return coseKey(this.making.algorithm ?? 'ES256', this.#keys.publicKey);
  }

  /** `navigator.credentials.create()`. */
  create(options: CreationOptions, ceremony: Ceremony = {}): Answer {
    this.userHandle = options.user.id;
    const client = this.#clientData('webauthn.create', options.challenge, ceremony);
    const length = Buffer.from([this.id.length >> 8, this.id.length & 0xff]);
    const aaguid = Buffer.from((this.making.aaguid ?? '').replaceAll('-', '').padEnd(32, '0'), 'hex');
    const fixed = this.#authData(options.rp.id, ceremony, 0x40);
    const authData = new Uint8Array(Buffer.concat([fixed, aaguid, length, this.id, this.publicKey]));
    const format = this.making.format ?? 'none';
    const object = new Map<string, Cbor>([
      ['fmt', format === 'self' ? 'packed' : format],
      ['attStmt', this.#statement(format, authData, client)],
      ['authData', authData],
    ]);
    return this.#answer(ceremony, {
      clientDataJSON: client.toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(object)).toString('base64url'),
      transports: ['usb', 'nfc'],
    });
  }

  /** `navigator.credentials.get()`. Each use counts, unless a counter is given. */
  get(options: RequestOptions, ceremony: Ceremony = {}): Answer {
    this.counter = ceremony.counter ?? this.counter + 1;
    const client = this.#clientData('webauthn.get', options.challenge, ceremony);
    const authData = this.#authData(options.rpId, { ...ceremony, counter: this.counter }, 0);
    const userHandle = ceremony.userHandle === undefined ? this.userHandle : ceremony.userHandle;
    return this.#answer(ceremony, {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: Buffer.from(signed(Buffer.concat([authData, sha256(client)]), this.#keys.privateKey)).toString(
        'base64url',
      ),
      ...(userHandle === null ? {} : { userHandle }),
    });
  }

  #answer(ceremony: Ceremony, response: object): Answer {
    const id = ceremony.id ?? this.credentialId;
    return { response: JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }) };
  }

  #clientData(type: string, challenge: string, ceremony: Ceremony): Buffer {
    const { origin = this.origin, crossOrigin = false } = ceremony;
    const data = { type: ceremony.type ?? type, challenge: ceremony.challenge ?? challenge, origin, crossOrigin };
    return Buffer.from(JSON.stringify(data));
  }

  #authData(rpId: string, ceremony: Ceremony, more: number): Buffer {
    const { up = true, uv = true, backupEligible = false, backedUp = false, counter = 0 } = ceremony;
    const flags = Number(up) | (Number(uv) << 2) | (Number(backupEligible) << 3) | (Number(backedUp) << 4) | more;
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags);
    tail.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(ceremony.rpId ?? rpId), tail]);
  }

  #statement(format: string, authData: Uint8Array, client: Buffer): Map<string, Cbor> {
    const { attestation, forger } = this.making;
    if (format === 'none') return new Map();
    const data = Buffer.concat([authData, sha256(client)]);
    if (format === 'self') {
      const alg = { ES256: -7, RS256: -257, EdDSA: -8 }[this.making.algorithm ?? 'ES256'];
      return new Map<string, Cbor>([
        ['alg', alg],
        ['sig', signed(data, forger ?? this.#keys.privateKey)],
      ]);
    }
    if (attestation === undefined) throw new Error(`format ${format} needs a certificate`);
    const { leaf, intermediates = [] } = attestation;
    const certificates = (chain: Issued[]) => chain.map(({ certificate }) => new Uint8Array(certificate.raw));
    const make = STATEMENTS[format];
    if (make) {
      const aaguid = this.making.aaguid ?? '';
      const subject = { keys: this.#keys, aaguid, authData, clientDataHash: sha256(client) };
      const { leaf: own, parts } = make(subject, leaf);
      return new Map<string, Cbor>([...parts, ['x5c', certificates([own, leaf, ...intermediates])]]);
    }
    const x5c = certificates([leaf, ...intermediates]);
    const key = forger ?? leaf.key;
    if (format === 'fido-u2f') {
      return new Map<string, Cbor>([
        ['x5c', x5c],
        ['sig', signed(this.#u2f(authData, client), key)],
      ]);
    }
    return new Map<string, Cbor>([
      ['alg', -7],
      ['sig', signed(data, key)],
      ['x5c', x5c],
    ]);
  }

  /** What U2F signs (WebAuthn section 8.6). */
  #u2f(authData: Uint8Array, client: Buffer): Buffer {
    const { x, y } = this.#keys.publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.from([4]), decoded(x), decoded(y)]);
    return Buffer.concat([Buffer.from([0]), authData.subarray(0, 32), sha256(client), this.id, point]);
  }
}
