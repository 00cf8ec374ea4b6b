import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import type { Config } from './config.ts';

/** What a slow or silent client may take, milliseconds: Node by itself waits for minutes. */
const REQUEST_TIMEOUT = 20_000;

/**
 * What BCP 195 (RFC 9325 section 4.2) recommends, and nothing else: a key for each connection, so that the server's,
 * once stolen, opens nothing recorded before; and authenticated encryption. All suites of TLS 1.3 are such.
 */
export const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/**
 * How long a connection that rests stays open, milliseconds: longer than proxies keep theirs (a minute). Of whoever
 * closes first, the other may have sent a request already, which then fails and may not be sent again.
 */
const RESTS = 75_000;

/** The server that people and applications reach: https where a certificate is given. */
export function serverOf(handler: RequestListener, tls: Config['listen']['tls']): Server {
  const limits = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT / 2, keepAliveTimeout: RESTS };
  if (tls === undefined) return createServer(limits, handler);
  // Whose certificate it is, and whether that will do, is for whoever asks about it.
  const asking = { requestCert: tls.clientCertificates, rejectUnauthorized: false };
  return createTlsServer({ ...limits, ...contextOf(tls), ...asking }, handler);
}

const contextOf = ({ cert, key }: NonNullable<Config['listen']['tls']>) =>
  ({ cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.2', ciphers: CIPHERS }) as const;

/** Connections that come from here on get the certificate that its file has now; those that are there stay. */
export function renewCertificate(server: Server, tls: Config['listen']['tls']): void {
  if (tls !== undefined && server instanceof TlsServer) server.setSecureContext(contextOf(tls));
}

/** @throws ConfigError where `renewCertificate` would find no certificate, or not the one of the key */
export function checkCertificate({ file, listen: { tls } }: Pick<Config, 'file' | 'listen'>): void {
  if (tls === undefined) return;
  try {
    createSecureContext(contextOf(tls));
  } catch (error) {
    const message = `no connection could be served with ${tls.cert} and ${tls.key}: ${(error as Error).message}`;
    throw new ConfigError([{ file, path: 'listen.tls', message }]);
  }
}
