import { describe, expect, it } from 'vitest';
import { holdKey, KeyHolder } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { HomeClient } from '../support/relying-party.ts';

/** Proofs of a key are remembered, so that none counts twice (RFC 9449 section 11.1): of strangers too, who have many. */
const it_ = gatewayOfFile({
  strangers: { perAddress: 256, total: 4_096 },
  trustedProxies: ['127.0.0.1', '::1'],
  applications: { public: application('public', { clientSecret: undefined, authentication: 'none' }) },
  policy: { rules: rules('public') },
});
const [key, bound] = await Promise.all([holdKey(), holdKey()]);

/** How many requests one address can push, with a proof beside each or without, until it is refused. */
async function pushed(address: string, withProof: boolean): Promise<number> {
  const holder = new KeyHolder(it_.gateway.url, 'public', key, bound, 'http://127.0.0.1:9/public/callback');
  const client = new HomeClient(it_.gateway, { headers: { 'x-forwarded-for': address } });
  // The key is named in either case, so that what is kept of the request is the same.
  const fields = { client_id: 'public', dpop_jkt: await holder.thumbprint(), ...(await holder.request()) };
  for (let count = 0; ; count += 1) {
    const proof = withProof ? { dpop: await holder.proof('POST', '/par') } : {};
    const headers = { origin: undefined, accept: 'application/json', ...proof };
    const { status } = await client.post(`${it_.gateway.url}/par`, fields, { headers });
    if (status === 429) return count;
    expect(status).toBe(201);
    if (count === 2_000) throw new Error('nobody counts them');
  }
}

describe('proofs at /par by a client that anybody can be', () => {
  it('are counted for the address, as the requests are that they come with', async () => {
    const without = await pushed('203.0.113.4', false);
    expect(without).toBeGreaterThan(50);
    expect(await pushed('203.0.113.5', true)).toBeLessThan(0.9 * without);
  });
});
