import type { Configuration } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';

/** How long an answer is everybody's, or its absence, milliseconds. */
const SHARED = 10_000;
/** Bytes of a key set or a list of addresses. */
const LARGEST = 256 * 1024;
/** Addresses remembered at most. */
const MOST = 1_000;

export const BODY_LIMITS = { jwks_uri: LARGEST, sector_identifier_uri: LARGEST };

interface Asked {
  at: number;
  answer: Promise<Response>;
}

/**
 * What oidc-provider fetches. Anybody can send a request in a client's name that is signed by a key that nobody knows:
 * whatever an address answers, or doesn't, it is asked for its keys no more than once in ten seconds.
 */
export function outgoing(ports: Pick<OidcPorts, 'fetch' | 'now'>): NonNullable<Configuration['fetch']> {
  const asked = new Map<string, Asked>();
  return async (input, options) => {
    const url = input instanceof Request ? input.url : String(input);
    if ((options?.method ?? 'GET') !== 'GET') return ports.fetch(url, options);
    const before = asked.get(url);
    if (before !== undefined && ports.now() - before.at < SHARED) return (await before.answer).clone();
    const answer = ports.fetch(url, options).then(bounded);
    asked.delete(url);
    asked.set(url, { at: ports.now(), answer });
    const [oldest] = asked.keys();
    if (asked.size > MOST && oldest !== undefined) asked.delete(oldest);
    return (await answer).clone();
  };
}

/** Read to its end once: nobody who clones it later waits for a stream that another one reads. */
async function bounded(response: Response): Promise<Response> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > LARGEST) throw new Error('the answer is too long');
    parts.push(part);
  }
  const { status, statusText, headers } = response;
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : Buffer.concat(parts), { status, statusText, headers });
}
