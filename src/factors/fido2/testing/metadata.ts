import { type KeyObject, sign } from 'node:crypto';
import { extension, type Issued, issue } from './certificates.ts';
import { element, sequence } from './der.ts';

const SIGNER = 'mds.fidoalliance.org';

/** A metadata service of tests: its root, and the certificate that signs blobs. */
export interface Service {
  root: Issued;
  signer: Issued;
}

export function createService(signedFor = SIGNER): Service {
  const root = issue({ name: 'Metadata root', ca: true });
  const names = extension('2.5.29.17', sequence(element(0x82, Buffer.from(signedFor))));
  return { root, signer: issue({ issuer: root, name: signedFor, extensions: [names] }) };
}

export interface EntryWish {
  aaguid?: string;
  keyIdentifiers?: string[];
  description?: string;
  roots?: Issued[];
  statuses?: (string | { status: string; effectiveDate: string })[];
  keyProtection?: string[];
}

/** An entry as the MDS3 has it. */
export function entryOf({ aaguid, keyIdentifiers, description, roots = [], statuses = [], keyProtection }: EntryWish) {
  return {
    ...(aaguid === undefined ? {} : { aaguid }),
    ...(keyIdentifiers === undefined ? {} : { attestationCertificateKeyIdentifiers: keyIdentifiers }),
    metadataStatement: {
      description: description ?? 'Test model',
      attestationRootCertificates: roots.map(({ certificate }) => certificate.raw.toString('base64')),
      keyProtection: keyProtection ?? ['hardware'],
    },
    statusReports: statuses.map((status) => (typeof status === 'string' ? { status } : status)),
    timeOfLastStatusChange: '2026-01-01',
  };
}

export interface BlobWish {
  no?: number;
  nextUpdate?: string;
  entries?: ReturnType<typeof entryOf>[];
  alg?: string;
  key?: KeyObject;
  x5c?: Issued[];
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A signed blob. */
export function blobOf(service: Service, wish: BlobWish = {}): string {
  const { no = 1, nextUpdate = '2090-01-01', entries = [], alg = 'ES256', key = service.signer.key } = wish;
  const x5c = (wish.x5c ?? [service.signer]).map(({ certificate }) => certificate.raw.toString('base64'));
  const text = `${encode({ alg, typ: 'JWT', x5c })}.${encode({ legalHeader: 'test', no, nextUpdate, entries })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
