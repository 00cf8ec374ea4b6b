import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Keyring } from '../../core/keyring.ts';
import type { Listening } from '../../core/listening.ts';
import type { Trouble } from '../../core/trouble.ts';
import type { Config } from '../config.ts';

/** Something that ends by itself, epoch milliseconds. `of`: the part or the configured application whose it is. */
export interface End {
  what: 'tls-certificate' | 'signing-certificate' | 'metadata';
  of: string;
  at: number;
}

const endOf = (certificate: string | Buffer): number => new X509Certificate(certificate).validToDate.getTime();

/** Of the certificate that is served here: of the file as it lies there now. */
export function tlsEnds({ listen: { tls } }: Pick<Config, 'listen'>): End[] {
  return tls ? [{ what: 'tls-certificate', of: 'listen', at: endOf(readFileSync(tls.cert)) }] : [];
}

/** Of those that ports of doors show. */
export function portEnds(wanted: readonly [door: string, listening: Listening][]): End[] {
  return wanted.flatMap(([door, { name, ...listening }]) =>
    listening.transport === 'tls'
      ? [{ what: 'tls-certificate' as const, of: `${door} ${name}`, at: endOf(listening.identity.cert) }]
      : [],
  );
}

/** Of the certificates that are signed under now, by purpose. Keys without a certificate don't end by themselves. */
export function signingEnds(rings: ReadonlyMap<string, Keyring>): End[] {
  return [...rings].flatMap(([of, ring]) =>
    ring.published().flatMap(({ certificate }) => {
      if (certificate === undefined) return [];
      return [{ what: 'signing-certificate' as const, of, at: endOf(Buffer.from(certificate, 'base64')) }];
    }),
  );
}

/** Of what others write, once its end is near enough to be told. */
export function metadataEnds(troubles: readonly Trouble[]): End[] {
  return troubles.flatMap(({ application, until }) =>
    until === undefined ? [] : [{ what: 'metadata' as const, of: application, at: until }],
  );
}
