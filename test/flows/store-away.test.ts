import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { asksCode, asksPassword, stage } from '../support/scene.ts';

describe('Redis going away and coming back', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ persist: true });
  });
  afterAll(() => redis.stop());
  const scene = stage(() => ({ redis: redis.url }));
  const back = () => vi.waitFor(() => scene.gateway.app.ready(), { timeout: 20_000, interval: 100 });

  it('refuses with a page that says so, lets nothing half in, and recovers by itself', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const { url } = scene.gateway;
    const underWay = scene.elsewhere(someone);
    const password = await underWay.begin('payroll');
    const code = await underWay.answer(password, { username: someone.username, password: PASSWORD });
    expect(asksCode(code)).toBe(true);
    const unspent = scene.nextCode(someone);

    await redis.kill();
    await expect(scene.gateway.app.ready()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    const answers = [
      await underWay.client.get(code.url),
      await underWay.code(code, unspent),
      await someone.client.get(`${url}/account`),
      await someone.client.get(`${url}/authorize?${query(scene.gateway.relyingParty)}`),
      await new Client().get(`${url}/authorize?${query(scene.gateway.relyingParty)}`),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('30');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.text).toContain('Reference');
      expect(answer.setCookies).toEqual([]);
      expect(answer.body).not.toMatch(/ECONN|redis|ioredis|at .*\.ts/i);
    }
    // What needs no store still answers.
    expect((await new Client().get(`${url}/applications`)).status).toBe(200);
    expect((await someone.client.get(`${url}/.well-known/openid-configuration`)).status).toBe(200);

    await redis.restart();
    await back();
    const shown = await underWay.client.get(code.url);
    expect(asksCode(shown)).toBe(true);
    // The code that was given while the store was away hasn't counted.
    expect((await underWay.code(shown, unspent)).url.pathname).toBe('/payroll');
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
    someone.client.jar.restart();
    const again = await someone.begin('courses');
    expect(asksPassword(again)).toBe(true);
    expect((await someone.password(again, someone.username)).url.pathname).toBe('/courses');
  });

  it('answers in time while Redis is there and says nothing', async () => {
    const someone = await scene.member();
    redis.pause();
    try {
      const answer = await someone.client.get(`${scene.gateway.url}/account`);
      expect(answer.status).toBe(503);
      await expect(scene.gateway.app.ready()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    } finally {
      redis.resume();
    }
    await back();
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
  });
});

function query(site: string): string {
  return new URLSearchParams({
    client_id: 'library',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${site}/library/callback`,
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
  }).toString();
}
