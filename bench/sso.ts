import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../test/support/client.ts';
import { PASSWORD, PersonAtBrowser, startGateway } from '../test/support/gateway.ts';
import { startRedis } from '../test/support/redis.ts';
import { rate, signatures } from './rates.ts';

/**
 * Return visits with an existing session, from authorization request to code, on each ephemeral store. The client
 * runs in the same process, so that the true rate is higher.
 */
export async function sso(): Promise<Record<string, string | number>[]> {
  const beside = await signatures();
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
