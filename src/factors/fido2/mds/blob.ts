import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { anchorsOf } from '../certificates.ts';

/** A blob that isn't to be believed, or not any more; the message says why, for the log. */
export class BlobError extends Error {
  override name = 'BlobError';
}

const TEXT = 64 * 1024;
const certificate = z.string().max(TEXT);

const header = z.object({
  alg: z.enum(['RS256', 'PS256', 'ES256']),
  x5c: z.array(certificate).min(1).max(5),
});

const aaguid = z.string().toLowerCase();

const statement = z.object({
  description: z.string().max(500).optional(),
  attestationRootCertificates: z.array(certificate).max(200).default([]),
  keyProtection: z.array(z.string()).default([]),
});

/** What is read of an entry (MDS3 section 3.1.1); the rest is ignored. */
const entry = z.object({
  aaguid: aaguid.optional(),
  attestationCertificateKeyIdentifiers: z.array(z.string().toLowerCase()).optional(),
  metadataStatement: statement.optional(),
  statusReports: z.array(z.object({ status: z.string(), effectiveDate: z.string().optional() })),
});
export type Entry = z.infer<typeof entry>;

const payload = z.object({
  no: z.int().min(0),
  nextUpdate: z.iso.date().transform((text) => Date.parse(text)),
  entries: z.array(entry).max(100_000),
});
export type Blob = z.infer<typeof payload>;

function json(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new BlobError('the blob is not a JWT', { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, part: string, what: string): T {
  const result = schema.safeParse(json(part));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BlobError(`the ${what} of the blob: ${issue?.path.join('.')}: ${issue?.message}`);
}

function certificatesOf(x5c: readonly string[]): X509Certificate[] {
  try {
    return x5c.map((text) => new X509Certificate(Buffer.from(text, 'base64')));
  } catch (cause) {
    throw new BlobError('the certificates of the blob can’t be read', { cause });
  }
}

function isSigned(alg: z.infer<typeof header>['alg'], data: string, key: KeyObject, signature: Buffer): boolean {
  const type = alg === 'ES256' ? 'ec' : 'rsa';
  if (key.asymmetricKeyType !== type) return false;
  if (alg === 'ES256') return verify('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' }, signature);
  // RSA_PKCS1_PADDING is 1, RSA_PKCS1_PSS_PADDING 6; the salt is as long as the hash (RFC 7518 section 3.5).
  const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : { padding: 1 };
  return verify('sha256', Buffer.from(data), { key, ...padding }, signature);
}

/**
 * Reads a FIDO MDS3 blob (MDS3 section 3.1.7): a JWS whose certificates lead to `root` and are for `signer`.
 * The root alone wouldn't do: it is a public one, and others may have certificates of it. Throws BlobError.
 * `no` and `nextUpdate` are the caller's to check.
 */
export function readBlob(text: string, trust: { root: X509Certificate; signer: string }, now: number): Blob {
  const [head = '', body = '', signature = '', ...more] = text.trim().split('.');
  if (signature === '' || more.length > 0) throw new BlobError('the blob is not a JWT');
  const { alg, x5c } = parsed(header, head, 'header');
  const chain = certificatesOf(x5c);
  const [leaf] = chain;
  if (leaf === undefined || anchorsOf(chain, [trust.root], now).length === 0) {
    throw new BlobError('the certificates of the blob do not lead to its root, or have expired');
  }
  if (leaf.ca || leaf.checkHost(trust.signer) === undefined) {
    throw new BlobError(`the blob is signed by a certificate that is not for ${trust.signer}`);
  }
  if (!isSigned(alg, `${head}.${body}`, leaf.publicKey, Buffer.from(signature, 'base64url'))) {
    throw new BlobError('the signature of the blob is wrong');
  }
  return parsed(payload, body, 'payload');
}
