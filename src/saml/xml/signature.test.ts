import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { authnRequest, DIGEST, ENVELOPED, EXCLUSIVE, SIGNATURE, sign } from '../testing/messages.ts';
import { publicKeys } from './algorithms.ts';
import { withDocument } from './library.ts';
import { checkSignature, claimedSignature, verifySignedMetadata } from './signature.ts';

let rsa: Identity;
let ec: Identity;
let other: Identity;

beforeAll(async () => {
  [rsa, ec, other] = await Promise.all([createIdentity(), createIdentity('ec'), createIdentity()]);
});

const read = (xml: string, ...signers: Identity[]): string =>
  withDocument(xml, { bytes: 100_000 }, (document) => {
    const keys = publicKeys(signers.map(({ certificate }) => certificate));
    return verifySignedMetadata(document, keys).toString();
  });

const faultOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { fault?: unknown }).fault ?? error;
  }
  return 'none';
};

describe('an enveloped signature', () => {
  it.each([
    ['rsa256', 'sha256'],
    ['rsa384', 'sha384'],
    ['rsa512', 'sha512'],
    ['ec256', 'sha256'],
    ['ec384', 'sha384'],
    ['ec512', 'sha512'],
  ] as const)('is verified: %s with %s, and what was signed is handed back canonical', (algorithm, digest) => {
    const signer = algorithm.startsWith('rsa') ? rsa : ec;
    const xml = authnRequest({ id: '_a' });
    const signed = sign(xml, signer, { algorithm: SIGNATURE[algorithm], digest: DIGEST[digest] });
    const octets = read(signed, signer);
    expect(octets).toBe(withDocument(xml, { bytes: 10_000 }, ({ root }) => root.canonical().toString()));
    expect(octets).not.toContain('Signature');
  });

  it('is tried against each key, in any order, and with those of another kind beside it', () => {
    const signed = sign(authnRequest(), rsa);
    expect(read(signed, other, ec, rsa)).toContain('AuthnRequest');
    expect(faultOf(() => read(signed, other, ec))).toBe('signature');
    expect(faultOf(() => read(signed))).toBe('signature');
  });

  it.each([
    ['RSA-SHA1', { algorithm: SIGNATURE.rsa1 }],
    ['a SHA-1 digest', { digest: DIGEST.sha1 }],
    ['inclusive canonicalization', { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }],
    ['canonicalization with comments', { canonicalization: `${EXCLUSIVE}WithComments` }],
    ['a transform with comments', { transforms: [ENVELOPED, `${EXCLUSIVE}WithComments`] }],
    ['transforms in the other order', { transforms: [EXCLUSIVE, ENVELOPED] }],
  ])('is refused with %s', (_name, options) => {
    expect(faultOf(() => read(sign(authnRequest(), rsa, options), rsa))).toBe('algorithm');
  });

  it('is refused without the canonicalization, or with a third transform', () => {
    for (const transforms of [[ENVELOPED], [ENVELOPED, EXCLUSIVE, EXCLUSIVE]])
      expect(faultOf(() => read(sign(authnRequest(), rsa, { transforms }), rsa))).toBe('signature');
  });

  it('is refused over something else than the element that holds it', () => {
    const extensions = '<samlp:Extensions><x xmlns="urn:x" ID="_x">1</x></samlp:Extensions>';
    const inner = sign(authnRequest({ content: extensions }), rsa, { element: 'x' });
    expect(faultOf(() => read(inner, rsa))).toBe('signature');
    const moved = sign(authnRequest({ id: '_a' }), rsa).replace('ID="_a"', 'ID="_b"');
    expect(faultOf(() => read(moved, rsa))).toBe('signature');
  });

  it('is never made with a short RSA key, nor with the public key as a secret', async () => {
    const short = await createIdentity('rsa', 1024);
    expect(faultOf(() => read(sign(authnRequest(), short), short))).toBe('signature');
    const hmac = sign(authnRequest(), { ...rsa, privateKeyPem: rsa.certificatePem }, { algorithm: SIGNATURE.rsa256 });
    expect(faultOf(() => read(hmac.replace(SIGNATURE.rsa256, SIGNATURE.hmac256), rsa))).toBe('algorithm');
  });

  it('never counts with a private key handed in by mistake', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    withDocument(sign(authnRequest(), rsa), { bytes: 100_000 }, ({ root }) => {
      const signature = claimedSignature(root);
      if (!signature) throw new Error('no signature');
      expect(faultOf(() => checkSignature(signature, [privateKey, rsa.privateKey]))).toBe('signature');
    });
  });

  it('may stand beside comments and instructions of the document, which are no part of it', () => {
    const signed = sign(authnRequest(), rsa);
    expect(read(`<!-- a --><?b c?>${signed}<!-- d -->`, rsa)).toContain('AuthnRequest');
    expect(read(`<!-- a -->${signed}`, rsa)).not.toContain('<!--');
  });
});

describe('certificates', () => {
  it('that cannot be read are a fault of the metadata', () => {
    expect(faultOf(() => publicKeys(['AAAA']))).toBe('metadata');
  });

  it('are parsed once', () => {
    expect(publicKeys([rsa.certificate])[0]).toBe(publicKeys([`${rsa.certificate}`])[0]);
  });
});
