import type { Client } from 'oidc-provider';
import type { Asked } from '../../../core/plain.ts';
import { type PlainParts, plainClient } from './records.ts';

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;
/** Id and secret, each encoded for the header (RFC 6749 section 2.3.1), of which many encode more than they would have to. */
const ENCODED = /^([\w.~%-]+):([\w.~%-]+)$/;
/** Characters that either may have (RFC 6749 appendix A). */
const VSCHAR = /^[ -~]+$/;
const WITH_SECRET: ReadonlySet<unknown> = new Set(['client_secret_basic', 'client_secret_post']);
/** What else would speak for the client, or for a page of another origin. */
const NOT_PLAIN = ['origin', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'] as const;

/** The configured client that asks, if the secret in the header is its own; undefined where anything else is said of who it is. */
export async function authenticated(parts: PlainParts, { headers }: Asked): Promise<Client | undefined> {
  if (NOT_PLAIN.some((name) => headers[name] !== undefined)) return undefined;
  const base64 = BASIC.exec(headers.authorization ?? '')?.[1] ?? '';
  const [, ...sent] = ENCODED.exec(Buffer.from(base64, 'base64').toString('latin1')) ?? [];
  const [id = '', secret = ''] = sent.map(decodeURIComponent);
  const client = VSCHAR.test(id) && VSCHAR.test(secret) ? await plainClient(parts, id) : undefined;
  if (client === undefined || !WITH_SECRET.has(client.tokenEndpointAuthMethod)) return undefined;
  if (client.clientSecretExpiresAt || !(await client.compareClientSecret(secret))) return undefined;
  return client;
}
