import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { call, Person, RelyingParty } from '../support/relying-party.ts';

/** Whoever reads the ephemeral store, a backup of it or a Redis MONITOR, finds nothing there that opens a door. */
const applications = { survey: application('survey', {}, { consent: 'ask' }) };
const config = { applications, policy: { rules: rules('survey') } };

async function dumpOfRedis(prefix: string): Promise<string> {
  const redis = new Redis(inject('redisUrl'));
  const found: string[] = [];
  for (const key of await redis.keys(`${prefix}*`)) {
    const type = await redis.type(key);
    if (type === 'zset') found.push(key, ...(await redis.zrange(key, '0', '-1')));
    else if (type === 'hash') found.push(key, ...Object.entries(await redis.hgetall(key)).flat());
    else found.push(key, (await redis.get(key)) ?? '');
  }
  redis.disconnect();
  return found.join('\n');
}

function dumpOfFile(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = [
    ...db.prepare('SELECT key, value FROM entries').all(),
    ...['members', 'reservations', 'owners'].flatMap((table) => db.prepare(`SELECT * FROM ${table}`).all()),
  ];
  db.close();
  return rows.map((row) => Object.values(row).join('\n')).join('\n');
}

describe.each([
  ['embedded', {}],
  ['redis', { redis: () => inject('redisUrl') }],
])('what the %s store keeps', (name, store) => {
  const it_ = gatewayOfFile(config, store);
  const secrets = new Map<string, string>();
  const dumps: string[] = [];

  /** All cookies, and the ids in addresses, that this browser has seen. */
  function note(what: string, ...values: (string | null | undefined)[]): void {
    for (const value of values) if (value && value.length >= 20) secrets.set(value, what);
  }

  const dump = () =>
    name === 'redis'
      ? dumpOfRedis(`${it_.gateway.ports.gateway}:`)
      : Promise.resolve(dumpOfFile(join(it_.folder, 'data', 'ephemeral.db')));

  beforeAll(async () => {
    const { gateway } = it_;
    const library = await RelyingParty.of(gateway, 'library');
    const payroll = await RelyingParty.of(gateway, 'payroll');
    const survey = await RelyingParty.of(gateway, 'survey', { redirectUri: 'http://127.0.0.1:9/survey/callback' });
    const alice = new Person(gateway, 'alice');
    const cookies = () => {
      for (const { name: cookie, value } of alice.client.jar.all())
        note(`cookie ${cookie.replace(/\.[\w-]{11}$/, '')}`, value);
    };
    const look = async () => {
      cookies();
      dumps.push(await dump());
    };

    // Stopped at every step: what is pending must be as unreadable as what is done.
    const begun = await library.begin({}, { par: true });
    note('pushed request', begun.url.searchParams.get('request_uri')?.split(':').at(-1));
    const page = await alice.client.open(begun.url);
    note('sign-in', page.url.pathname.split('/').at(-1));
    await look();
    const finished = await alice.client.submit(
      page,
      { username: 'alice', password: PASSWORD },
      { action: page.url.pathname },
    );
    await look();
    const back = await alice.through(await alice.client.follow(finished));
    note('code', back.location?.searchParams.get('code'));
    await look();
    const tokens = await library.exchange(begun, back.location);
    note('access token', tokens.access_token);
    note('refresh token', tokens.refresh_token);
    await look();
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    const renewed = (await call(gateway, '/token', fields, 'library')).json() as Record<string, string>;
    note('access token', renewed.access_token);
    note('refresh token', renewed.refresh_token);

    const step = await alice.client.open((await payroll.begin()).url);
    note('sign-in', step.url.pathname.split('/').at(-1));
    await look();
    const second = await alice.through(step);
    note('code', second.location?.searchParams.get('code'));
    await look();
    const consent = await alice.client.open((await survey.begin()).url);
    note('sign-in', consent.url.pathname.split('/').at(-1));
    await look();
    const posted = await alice.client.post(`${gateway.url}/authorize`, (await survey.begin()).url.searchParams);
    note('posted request', posted.location?.searchParams.get('posted_request'));
    await look();
    note('sign-in', (await alice.client.follow(posted)).url.pathname.split('/').at(-1));
    const out = await alice.client.open(`${gateway.url}/logout`);
    await look();
    expect(out.status).toBe(200);
  });

  it('holds neither cookies nor codes, tokens, sign-ins or pushed requests', () => {
    expect([...new Set(secrets.values())].sort()).toEqual(
      expect.arrayContaining([
        'access token',
        'code',
        'cookie sallyport_session',
        'cookie sallyport.posted-authorize',
        'cookie sallyport.sign-in',
        'posted request',
        'pushed request',
        'refresh token',
      ]),
    );
    expect(dumps.every((text) => text.includes('oidc:'))).toBe(true);
    const leaks = [...secrets].flatMap(([secret, what]) =>
      dumps.flatMap((text) =>
        text
          .split('\n')
          .filter((line) => line.includes(secret))
          .map((line) => `${what}: ${line.slice(0, 300)}`),
      ),
    );
    expect([...new Set(leaks)]).toEqual([]);
  });

  it('holds no password, no one-time code and no client secret', () => {
    for (const text of dumps) expect(text).not.toMatch(/correct horse|secret-of-the-tests/);
    const data = join(it_.folder, 'data');
    const files = readdirSync(data).filter((file) => /\.db/.test(file) && !file.startsWith('ephemeral'));
    const durable = files.map((file) => readFileSync(join(data, file)).toString('latin1')).join();
    expect(durable).toContain('alice');
    expect(durable).not.toContain('correct horse');
    expect([...secrets.keys()].filter((secret) => durable.includes(secret))).toEqual([]);
  });
});
