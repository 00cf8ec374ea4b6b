import { createHash, type KeyObject, sign } from 'node:crypto';
import { aaguidExtension, extension, type Issued, issue } from './certificates.ts';
import { element, integer, octets, oid, sequence, set, utf8 } from './der.ts';

/** What a statement is over: the credential's key and id, authenticator data, and the hash of the client data. */
export interface Subject {
  keys: { publicKey: KeyObject; privateKey: KeyObject };
  aaguid: string;
  authData: Uint8Array;
  clientDataHash: Buffer;
}

export interface Statement {
  parts: [string, string | number | Uint8Array][];
  leaf: Issued;
}

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
const sized = (data: Uint8Array): Buffer => Buffer.concat([Buffer.from([data.length >> 8, data.length & 0xff]), data]);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Android key attestation (WebAuthn section 8.4): the certificate is the credential key's own. */
export function androidKey(
  { keys, authData, clientDataHash }: Subject,
  issuer: Issued,
  more: Buffer[] = [],
): Statement {
  const level = element(0x0a, Buffer.from([1]));
  const nothing = sequence();
  const description = [
    integer(3),
    level,
    integer(4),
    level,
    octets(clientDataHash),
    octets(Buffer.alloc(0)),
    nothing,
    nothing,
  ];
  const extensions = [extension('1.3.6.1.4.1.11129.2.1.17', sequence(...description)), ...more];
  const signature = sign('sha256', Buffer.concat([authData, clientDataHash]), keys.privateKey);
  return {
    leaf: issue({ issuer, keys, extensions }),
    parts: [
      ['alg', -7],
      ['sig', new Uint8Array(signature)],
    ],
  };
}

/** Apple anonymous attestation (WebAuthn section 8.8): the certificate names the ceremony. */
export function apple({ keys, authData, clientDataHash }: Subject, issuer: Issued): Statement {
  const nonce = sha256(Buffer.concat([authData, clientDataHash]));
  const value = sequence(element(0xa1, octets(nonce)));
  return { leaf: issue({ issuer, keys, extensions: [extension('1.2.840.113635.100.8.2', value)] }), parts: [] };
}

/** Name of a TPM in its certificate: manufacturer (Intel), model, version. */
function tpmName(): Buffer {
  const attribute = (id: string, text: string) => set(sequence(oid(id), utf8(text)));
  const name = sequence(
    attribute('2.23.133.2.1', 'id:494E5443'),
    attribute('2.23.133.2.2', 'Test'),
    attribute('2.23.133.2.3', 'id:00010001'),
  );
  return extension('2.5.29.17', sequence(element(0xa4, name)), true);
}

/** TPM attestation (WebAuthn section 8.3) of a P-256 key: a TPMS_ATTEST over the name of its public area. */
export function tpm({ keys, aaguid, authData, clientDataHash }: Subject, issuer: Issued): Statement {
  const { x = '', y = '' } = keys.publicKey.export({ format: 'jwk' });
  const point = [x, y].map((part) => sized(Buffer.from(part, 'base64url')));
  const pubArea = Buffer.concat([hex('0023000b000600720000001000100003' + '0010'), ...point]);
  const name = Buffer.concat([hex('000b'), sha256(pubArea)]);
  const extraData = sized(sha256(Buffer.concat([authData, clientDataHash])));
  const certInfo = Buffer.concat([hex('ff54434780170000'), extraData, Buffer.alloc(25), sized(name), hex('0000')]);
  const usage = extension('2.5.29.37', sequence(oid('2.23.133.8.3')));
  const leaf = issue({ issuer, anonymous: true, extensions: [tpmName(), usage, aaguidExtension(aaguid)] });
  const signature = sign('sha256', certInfo, leaf.key);
  const parts: Statement['parts'] = [
    ['ver', '2.0'],
    ['alg', -7],
    ['sig', new Uint8Array(signature)],
  ];
  return { leaf, parts: [...parts, ['pubArea', new Uint8Array(pubArea)], ['certInfo', new Uint8Array(certInfo)]] };
}
