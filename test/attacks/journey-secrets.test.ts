import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { stage } from '../support/scene.ts';

describe('secrets', () => {
  const scene = stage();

  /** What must stay between the browser and the gateway, from everything that the browser was sent and sent itself. */
  async function wholeJourney(): Promise<{
    secrets: Set<string>;
    ids: Set<string>;
    cookies: Set<string>;
    totp: string;
  }> {
    const someone = await scene.newcomer();
    const secrets = new Set([PASSWORD, 'a wrong password of somebody', '135791']);
    const ids = new Set<string>();
    const cookies = new Set<string>();
    const { client } = someone;
    const send = client.send.bind(client);
    client.send = async (url, init) => {
      const reply = await send(url, init);
      for (const address of [reply.url, reply.location]) {
        const id = /^\/(?:sign-in|authorize)\/([\w-]{20,})/.exec(address?.pathname ?? '')?.[1];
        if (id) ids.add(id);
        for (const name of ['code', 'state', 'request_uri']) {
          const value = address?.searchParams.get(name);
          if (value && value.length > 20) secrets.add(value);
        }
      }
      for (const { name, value } of client.jar.all()) {
        if (name.includes('sallyport') && value.length > 20) cookies.add(value);
      }
      for (const [, value = ''] of reply.body.matchAll(/name="csrf" value="([^"]+)"/g)) secrets.add(value);
      return reply;
    };
    let page = await someone.begin('courses');
    page = await someone.password(page, someone.username, 'a wrong password of somebody');
    page = await someone.password(page, someone.username);
    someone.scan(page);
    page = await someone.code(page, '135791');
    secrets.add(someone.codeAt());
    await someone.remember(await someone.code(page), 'yes');
    page = await someone.begin('payroll');
    secrets.add(scene.nextCode(someone));
    page = await someone.code(page);
    await someone.client.get(`${scene.gateway.url}/account`);
    await someone.client.post(`${scene.gateway.relyingParty}/courses/refresh`);
    await client.get(`${scene.gateway.url}/sign-in/${[...ids][0]}`);
    await client.post(`${scene.gateway.url}/sign-in/${[...ids][0]}`, { csrf: 'x' });
    await client.get(`${scene.gateway.url}/authorize/${[...ids][0]}`);
    const totp = someone.authenticator?.parameters.secret ?? '';
    secrets.add(totp);
    await vi.waitFor(() => expect(scene.audit().some(({ event }) => event === 'sign-in.completed')).toBe(true), {
      timeout: 20_000,
    });
    return { secrets, ids, cookies, totp };
  }

  it('are in no log, no audit, and not in clear in the files', async () => {
    const { secrets, ids, cookies, totp } = await wholeJourney();
    expect(secrets.size).toBeGreaterThan(10);
    expect(cookies.size).toBeGreaterThan(4);
    expect(ids.size).toBeGreaterThan(1);
    const logs = inspect(scene.gateway.logs, {
      depth: 12,
      maxStringLength: null,
      maxArrayLength: null,
      breakLength: Infinity,
    });
    const audit = JSON.stringify(scene.audit());
    expect(logs).toContain('/sign-in/*');
    for (const secret of [...secrets, ...cookies, ...ids]) {
      expect(logs.includes(secret) ? secret : undefined).toBeUndefined();
      expect(audit.includes(secret) ? secret : undefined).toBeUndefined();
    }

    const files = readdirSync(scene.data).filter((file) => file.includes('.db'));
    expect(files).toContain('sallyport.db');
    const clear = [PASSWORD, totp, Buffer.from(totp).toString('base64url'), 'a wrong password of somebody'];
    for (const file of files) {
      const bytes = readFileSync(join(scene.data, file)).toString('latin1');
      for (const secret of [...clear, ...cookies]) {
        expect(bytes.includes(secret) ? `${file}: ${secret}` : undefined).toBeUndefined();
      }
    }
  });
});
