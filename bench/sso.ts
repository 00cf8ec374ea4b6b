import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../test/support/client.ts';
import { PASSWORD, PersonAtBrowser, startGateway } from '../test/support/gateway.ts';
import { startRedis } from '../test/support/redis.ts';

const DURATION = 5_000;
const AT_ONCE = 8;

/** RSA-2048 signatures per second on this machine, now: what everything here is measured beside. */
function signatures(): number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const data = Buffer.alloc(256);
  const until = performance.now() + 1_000;
  let count = 0;
  for (; performance.now() < until; count += 1) sign('sha256', data, privateKey);
  return count;
}

/** Runs `once` over and over, some at a time; answers how many a second. */
async function rate(once: () => Promise<void>): Promise<number> {
  const until = performance.now() + DURATION;
  let count = 0;
  const worker = async () => {
    for (; performance.now() < until; count += 1) await once();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return (count * 1_000) / DURATION;
}

/**
 * Return visits with an existing session, from authorization request to code, on each ephemeral store. The client
 * runs in the same process, so that the true rate is higher.
 */
export async function sso(): Promise<Record<string, string | number>[]> {
  const beside = signatures();
  const rows: Record<string, string | number>[] = [];
  const redis = await startRedis();
  for (const [name, store] of [
    ['embedded', {}],
    ['redis', { redis: redis.url }],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
    const gateway = await startGateway({ folder, ...store });
    try {
      await gateway.addUser('alice');
      const alice = new PersonAtBrowser(gateway);
      await alice.password(await alice.begin('library'), 'alice', PASSWORD);
      const query = new URLSearchParams({
        client_id: 'library',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: `${gateway.relyingParty}/library/callback`,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      const url = `${gateway.url}/authorize?${query}`;
      const perSecond = await rate(async () => {
        const reply = await new Client({ jar: alice.client.jar.copy() }).get(url);
        if (!reply.location?.searchParams.has('code')) throw new Error(`no code: ${reply.status} ${reply.text}`);
      });
      rows.push({
        store: name,
        'visits/s': Math.round(perSecond),
        'RSA-2048 signatures/s': beside,
        ratio: (perSecond / beside).toFixed(2),
      });
    } finally {
      await gateway.close();
      rmSync(folder, { recursive: true });
    }
  }
  await redis.stop();
  return rows;
}
