import { createHash, X509Certificate } from 'node:crypto';
import type { Role } from '../model.ts';
import { withDocument } from '../xml/library.ts';
import { verifySignedMetadata } from '../xml/signature.ts';
import { MetadataFault } from './fault.ts';
import { type Refusal, readMetadata } from './parse.ts';
import { SnapshotBuilder } from './snapshot.ts';

/** Greatest metadata document, bytes. */
export const LARGEST = 128 * 1024 * 1024;
/** Refusals that are kept by their text; the others are counted. */
const MOST_REFUSALS = 1_000;

/** A document, verified and read: what the serving process keeps of it. Plain data, handed between processes. */
export interface Compiled {
  /** For `Snapshot`. */
  bytes: Uint8Array;
  count: number;
  /** SHA-256 of `bytes`, hex. */
  digest: string;
  refused: Refusal[];
  refusedCount: number;
  others: number;
  validUntil?: number;
  /** By its `mdrpi:PublicationInfo`. */
  publishedAt?: number;
  cacheDuration?: number;
}

/**
 * Verifies a document's signature, where a certificate (PEM) is given, and reads its service providers, or those in another role.
 *
 * @throws MetadataFault or SamlFault if the document can't be used
 */
export function compile(
  document: Uint8Array,
  certificate: string | undefined,
  now: number,
  role: Role = 'sp',
): Compiled {
  const builder = new SnapshotBuilder();
  const octets = certificate === undefined ? document : signedOctets(document, certificate);
  const { refused, ...rest } = withDocument(octets, { bytes: LARGEST }, ({ root }) =>
    readMetadata(root, now, role, (entity) => builder.add(entity)),
  );
  const bytes = builder.bytes();
  return {
    ...rest,
    bytes,
    count: builder.count,
    digest: createHash('sha256').update(bytes).digest('hex'),
    refused: refused.slice(0, MOST_REFUSALS),
    refusedCount: refused.length,
  };
}

/** What the signature of a document's root covers; nothing else of it is read. */
function signedOctets(document: Uint8Array, certificate: string): Buffer {
  const key = publicKeyOf(certificate);
  return withDocument(document, { bytes: LARGEST }, (parsed) => verifySignedMetadata(parsed, [key]));
}

/** Of a PEM certificate; its dates and its issuer don't count, it is trusted because it is configured. */
export function publicKeyOf(certificate: string): X509Certificate['publicKey'] {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch (cause) {
    throw new MetadataFault('the certificate that its signature is checked with can’t be read', { cause });
  }
}
