import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { asksCode, asksPassword, asksToRemember, Someone } from '../support/scene.ts';

/**
 * Two nodes over one PostgreSQL and one Redis, each on its machine's clock: those are three minutes apart, and what was
 * ended is ended all the same.
 */
const APART = 90 * SECONDS;

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'sallyport-'));
  folders.push(made);
  return made;
}

let server: PostgresServer;
let fast: Gateway;
let slow: Gateway;

beforeAll(async () => {
  server = await startPostgres();
  const shared = {
    ...{ postgres: await server.database(), redis: inject('redisUrl'), prefix: `clocks-apart-${process.pid}:` },
    config: {
      clock: 'machine',
      policy: {
        rules: [
          { name: 'library', applications: ['library', 'sallyport-account'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
        ],
      },
    },
  };
  fast = await startGateway({ folder: folder(), ...shared, config: { ...shared.config, node: 'fast' } });
  const { url: issuer, ports } = fast;
  slow = await startGateway({
    ...{ folder: folder(), ...shared, withoutRelyingParty: true },
    ports: { relyingParty: ports.relyingParty, gateway: await freePort() },
    config: { ...shared.config, node: 'slow', issuer },
  });
  fast.advance(APART);
  slow.advance(-APART);
});
afterAll(async () => {
  await slow?.close();
  await fast?.close();
  await server.stop();
  for (const made of folders) rmSync(made, { recursive: true });
});

/** A browser whose requests all go to one node. */
const at = (node: Gateway): Client => new Client({ carried: { [fast.url]: `http://localhost:${node.ports.gateway}` } });

let people = 0;
/** Somebody new, with an authenticator; as of the node's own clock, which is what its codes are held against. */
async function member(node: Gateway, remember: 'yes' | 'no' = 'no'): Promise<Someone> {
  people += 1;
  const username = `person${people}`;
  await fast.addUser(username, { groups: 'students' });
  const someone = new Someone({ ...fast, now: node.now }, username, at(node));
  await someone.remember(await someone.enrol(await someone.enter('courses')), remember);
  return someone;
}

/** The same browser, whose requests go to another node from now on. */
function moved(someone: Someone, node: Gateway): Someone {
  const options = { jar: someone.client.jar, carried: { [fast.url]: `http://localhost:${node.ports.gateway}` } };
  const other = new Someone({ ...fast, now: node.now }, someone.username, new Client(options));
  other.authenticator = someone.authenticator;
  return other;
}

function elsewhere(someone: Someone, node: Gateway): Someone {
  const other = new Someone({ ...fast, now: node.now }, someone.username, at(node));
  other.authenticator = someone.authenticator;
  return other;
}

/** With the password alone: a code of now is one of long ago at the other node, or has its time still to come. */
async function signOutEverywhere(someone: Someone, node: Gateway): Promise<void> {
  const owner = elsewhere(someone, node);
  const { client } = owner;
  const page = await client.open(`${fast.url}/account/sign-out-everywhere`);
  const confirm = await owner.password(page, owner.username);
  const out = await client.follow(await client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
  expect(out.text).toContain('You’re signed out');
}

async function refreshed({ client }: Someone): Promise<boolean> {
  return (await client.follow(await client.post(`${fast.relyingParty}/courses/refresh`))).status === 200;
}

const ends: [string, (someone: Someone, node: Gateway) => Promise<unknown>][] = [
  ['by its owner', signOutEverywhere],
  ['by a new password', ({ username }, node) => node.command('user passwd', [username], {}, 'another battery staple')],
  ['in the directory', ({ username }, node) => node.command('user disable', [username])],
];

describe.each([
  ['fast', 'slow', () => [fast, slow] as const],
  ['slow', 'fast', () => [slow, fast] as const],
])('what was proven at a %s node and ended at a %s one', (_here, _there, nodes) => {
  it.each(ends)('is over at both, %s', async (_how, end) => {
    const [here, there] = nodes();
    const someone = await member(here, 'yes');
    const copy = moved(someone, here);
    expect(asksPassword(await copy.begin('library'))).toBe(false);
    await end(someone, there);
    for (const node of [here, there]) {
      expect(asksPassword(await moved(copy, node).begin('library'))).toBe(true);
    }
    expect(await refreshed(copy)).toBe(false);
  });

  it('counts no more in a sign-in that was under way', async () => {
    const [here, there] = nodes();
    const someone = await member(here);
    const thief = elsewhere(someone, here);
    const page = await thief.enter('courses');
    expect(asksCode(page)).toBe(true);
    await signOutEverywhere(someone, there);
    // A code of the next half minute: each counts once.
    here.advance(30 * SECONDS);
    expect(asksPassword(await thief.code(page))).toBe(true);
    expect(await thief.subject('courses')).toBeUndefined();
  });

  it('is not remembered, and whoever signs in anew stays in, at once', async () => {
    const [here, there] = nodes();
    const someone = await member(here, 'yes');
    const thief = moved(someone, here);
    await signOutEverywhere(someone, there);
    for (const node of [there, here]) {
      const again = elsewhere(someone, node);
      expect((await again.enter('library')).url.pathname).toBe('/library');
      expect((await again.begin('library')).url.pathname).toBe('/library');
    }
    const page: Reply = await moved(thief, here).enter('courses');
    expect(asksCode(page)).toBe(true);
    expect(asksToRemember(page)).toBe(false);
  });
});
