import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refreshTokenGrant } from 'openid-client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { call, HomeClient, Person, RelyingParty, userinfo } from '../support/relying-party.ts';
import { countTrips, redisCommands, statements, type Trip } from '../support/trips.ts';

/**
 * Each flow runs up to so often, and the fewest trips count: what the gateway does by itself falls into some of them, on
 * a busy machine into most.
 */
const TIMES = 12;

let folder: string;
let postgres: PostgresServer;
let gateway: Gateway;
let library: RelyingParty;
let courses: RelyingParty;
let alice: Person;
let tokens: Awaited<ReturnType<Person['signIn']>>;
let counters: Record<'redis' | 'sql', ReturnType<typeof countTrips>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-trips-'));
  postgres = await startPostgres();
  const redis = inject('redisUrl');
  // Before it starts: of a statement that the server keeps, the text is sent once.
  counters = {
    redis: countTrips(Number(new URL(redis).port), redisCommands),
    sql: countTrips(postgres.port, statements),
  };
  gateway = await startGateway({ folder, redis, postgres: await postgres.database(), withoutRelyingParty: true });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
  await gateway.addUser('alice');
  alice = new Person(gateway, 'alice');
  tokens = await alice.signIn(library);
});

afterAll(async () => {
  counters?.sql.stop();
  counters?.redis.stop();
  await gateway?.close();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a flow; no more round trips than these, or it says which there were. */
async function expectTrips(most: { redis: number; sql: number }, flow: () => Promise<unknown>): Promise<void> {
  const fewest: Partial<Record<'redis' | 'sql', Trip[]>> = {};
  const isFew = (store: 'redis' | 'sql') => (fewest[store]?.length ?? Number.POSITIVE_INFINITY) <= most[store];
  for (let left = TIMES; left > 0 && !(isFew('redis') && isFew('sql')); left -= 1) {
    for (const counter of Object.values(counters)) counter.taken();
    await flow();
    for (const store of ['redis', 'sql'] as const) {
      const taken = counters[store].taken();
      if (taken.length < (fewest[store]?.length ?? Number.POSITIVE_INFINITY)) fewest[store] = taken;
    }
  }
  for (const store of ['redis', 'sql'] as const) {
    const trips = fewest[store] ?? [];
    const said = trips.map((trip) => trip.join(' | ')).join('\n');
    expect(trips.length, `round trips to ${store}:\n${said}\n`).toBeLessThanOrEqual(most[store]);
  }
}

it('a visit with a session: request, code, tokens', async () => {
  await expectTrips({ redis: 6, sql: 6 }, () => library.visit(alice));
});

it('a whole sign-in with a password', async () => {
  await expectTrips({ redis: 22, sql: 15 }, () => new Person(gateway, 'alice').signIn(library));
});

it('a second factor in the session costs nothing, a remembered device in its place one more', async () => {
  const { client } = alice;
  const page = await alice.enrol(await alice.type(await client.open((await courses.begin()).url)));
  await alice.remember(page, 'yes');
  await expectTrips({ redis: 6, sql: 6 }, () => courses.visit(alice));
  const jar = client.jar.copy();
  jar.delete('sallyport_session');
  const remembered = new Person(gateway, 'alice', new HomeClient(gateway, { jar }));
  await remembered.signIn(library);
  await expectTrips({ redis: 7, sql: 6 }, () => courses.visit(remembered));
});

it('what programs ask with a token', async () => {
  const { access_token: token, refresh_token: refresh = '' } = tokens;
  await expectTrips({ redis: 3, sql: 3 }, () => refreshTokenGrant(library.config, refresh));
  await expectTrips({ redis: 2, sql: 1 }, async () => {
    expect((await userinfo(gateway, token)).status).toBe(200);
  });
  await expectTrips({ redis: 2, sql: 1 }, async () => {
    const reply = await call(gateway, '/introspect', { token }, 'library');
    expect(reply.json()).toMatchObject({ active: true });
  });
  await expectTrips({ redis: 0, sql: 0 }, async () => {
    const reply = await new HomeClient(gateway).get(`${gateway.url}/.well-known/openid-configuration`);
    expect(reply.status).toBe(200);
  });
});
