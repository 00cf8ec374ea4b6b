import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModules } from '../../src/boot/modules.ts';
import { sealedPlaces } from '../../src/boot/sealing/places.ts';
import { createSealer, mapSealed, sealedIn, sealingKeyId } from '../../src/core/seal.ts';
import { SEALED_TABLES, type SealedRow } from '../../src/core/store.ts';
import { SECRET } from '../../src/factors/totp/tokens/testing/tokens.ts';
import { Client } from '../support/client.ts';
import { openDurable } from '../support/durable.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { asksCode, type Someone, stage } from '../support/scene.ts';

/** A sealing key is changed while people sign in; each test goes on where the one before it stopped. */
const [FIRST, NEXT, STRANGE] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const text = (key: Uint8Array) => Buffer.from(key).toString('base64url');

let secrets: Record<string, unknown> = { sealingKey: text(FIRST) };
const config = () => ({ secrets, factors: { push: {} } });
const scene = stage(() => ({ serviceProvider: true, config: config() }));

let alice: Someone;
let before: { jwks: unknown; nameId: unknown; tokens: string[] };

/** What must be the same whatever the sealing key is. */
async function seen(): Promise<typeof before> {
  const jwks = (await new Client().get(`${scene.gateway.url}/jwks`)).json();
  const someone = scene.elsewhere(alice);
  await someone.enter('reading-room');
  const { nameId } = ((await someone.claims('reading-room')) ?? {}) as { nameId?: unknown };
  return { jwks, nameId, tokens: await scene.gateway.command('tokens list') };
}

async function signsInWithCode(): Promise<void> {
  const someone = scene.elsewhere(alice);
  const page = await someone.enter('payroll');
  expect(asksCode(page)).toBe(true);
  expect((await someone.code(page, scene.nextCode(someone))).url.pathname).toBe('/payroll');
}

const file = () => join(scene.data, 'sallyport.db');

/** Every text in every table, as it lies in the file. */
function textsOf(database: string): string[] {
  const db = new DatabaseSync(database, { readOnly: true });
  const tables = db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
  const found = tables.flatMap(({ name }) =>
    db
      .prepare(`select * from "${name}"`)
      .all()
      .flatMap((row) => Object.values(row).flatMap((value) => (typeof value === 'string' ? value : []))),
  );
  db.close();
  return found;
}

async function sealedRows(): Promise<SealedRow[]> {
  const { durable } = await openDurable(file());
  const pages = await Promise.all(SEALED_TABLES.map((table) => durable.sealed.page(table, { limit: 1000 })));
  return pages.flat();
}

/** As the version did that had one key for all values. */
function sealedByTheFirstVersion(key: Uint8Array, plain: string, context: string): string {
  const nonce = randomBytes(12);
  const derived = Buffer.from(hkdfSync('sha256', key, new Uint8Array(), 'sallyport seal 1', 32));
  const cipher = createCipheriv('aes-256-gcm', derived, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `1.${nonce.toString('base64url')}.${body.toString('base64url')}`;
}

beforeAll(async () => {
  await scene.gateway.command('tokens import', [], {}, `serial,secret,type,digits\n100013351,${SECRET},hotp,6\n`);
  alice = await scene.newcomer();
  const methods = await alice.enter('courses');
  const choice = await alice.answer(methods, { factor: 'totp' });
  await alice.remember(await alice.enrol(await alice.answer(choice, { choice: 'app' })), 'no');
  before = await seen();
  expect(before.nameId).toMatchObject({ value: expect.any(String) });
});

describe('sealed values', () => {
  it('lie in declared places alone, after all that a gateway does', async () => {
    const rows = await sealedRows();
    const places = sealedPlaces(await loadModules());
    const sealer = createSealer(FIRST);
    const found = textsOf(file()).flatMap(sealedIn);
    expect(new Set(found)).toEqual(new Set(rows.flatMap(({ value }) => sealedIn(value))));
    for (const row of rows) {
      for (const value of sealedIn(row.value)) sealer.open(value, places.lyingAt(row)?.context ?? 'undeclared');
    }
    const kinds = new Set(rows.map((row) => places.lyingAt(row)?.what));
    const methods = ['enrolled methods: totp', 'hardware tokens', 'key of Web Push'];
    const documents = ['copies of metadata', 'entities of applications', 'secret of persistent names'];
    const keys = ['oidc', 'saml', 'audit', 'newest'].map((it) => `signing keys: ${it}`);
    expect(kinds).toEqual(new Set([...methods, ...documents, ...keys]));
  });

  it('of the version before stay readable', async () => {
    const places = sealedPlaces(await loadModules());
    const sealer = createSealer(FIRST);
    const { durable } = await openDurable(file());
    const rows = await sealedRows();
    const earlier = rows.map((row) => {
      const { context = '' } = places.lyingAt(row) ?? {};
      const again = (value: string) => sealedByTheFirstVersion(FIRST, sealer.open(value, context), context);
      return { row, sealed: mapSealed(row.value, again) };
    });
    expect(await durable.sealed.replace(earlier)).toBe(rows.length);
    await scene.restart();
    expect(await seen()).toEqual(before);
    await signsInWithCode();
  });
});

describe('a change of the sealing key', () => {
  it('takes over without a sign-in under way being lost, and counts what is left', async () => {
    const waiting = scene.elsewhere(alice);
    const page = await waiting.enter('payroll');
    secrets = { sealingKey: text(NEXT), previousSealingKeys: [text(FIRST)] };
    await scene.restart();
    const { url } = await waiting.code(page, scene.nextCode(waiting));
    // The application was started anew as well, and doesn't know of it any more; but here is its code.
    expect([url.pathname, url.searchParams.get('code')]).toEqual(['/payroll/callback', expect.any(String)]);
    expect(await seen()).toEqual(before);

    const counted = await scene.gateway.app.host.run({
      name: 'keys reseal',
      input: { args: [], options: { dryRun: true } },
    });
    expect(counted.exitCode).toBe(1);
    expect(counted.lines[0]).toBe(`sealing key ${sealingKeyId(NEXT)}, before it ${sealingKeyId(FIRST)}`);
    expect(counted.lines).toContain('hardware tokens\t1\t0\t1');
    // The code that was just accepted was counted on top, and sealed by the next key.
    expect(counted.lines).toContain('enrolled methods: totp\t1\t0\t0');
  });

  it('seals all of it anew beside sign-ins, once, and says so', async () => {
    const someone = scene.elsewhere(alice);
    const page = await someone.enter('payroll');
    const [lines, reply] = await Promise.all([
      scene.gateway.command('keys reseal'),
      someone.code(page, scene.nextCode(someone)),
    ]);
    expect(reply.url.pathname).toBe('/payroll');
    expect(lines).toContain('hardware tokens\t1\t1\t0');
    expect(lines.at(-1)).toMatch(/^nothing is left under another key: .*previousSealingKeys can go/);
    const again = await scene.gateway.command('keys reseal');
    expect(again.slice(2, -1).map((line) => line.split('\t').slice(2))).toEqual(
      again.slice(2, -1).map(() => ['0', '0']),
    );
    const resealed = scene.audit().filter(({ event }) => event === 'keys.resealed');
    expect(resealed.map(({ detail }) => JSON.parse(detail))).toMatchObject([{ key: sealingKeyId(NEXT), left: 0 }]);
    const keys = textsOf(file())
      .flatMap(sealedIn)
      .map((value) => value.split('.').slice(0, 2).join('.'));
    expect(new Set(keys)).toEqual(new Set([`2.${sealingKeyId(NEXT)}`]));
  });

  it('is complete: the next key alone opens everything', async () => {
    secrets = { sealingKey: text(NEXT) };
    await scene.restart();
    expect(await seen()).toEqual(before);
    await signsInWithCode();
  });

  it('names what no key opens, by the key that it would take', async () => {
    const strange = createSealer(STRANGE).seal('{}', 'factor:totp:token:lost');
    const { durable } = await openDurable(file());
    await durable.records('factor:totp').insert({ id: 'lost', data: strange });
    await durable.records('factor:gone').insert({ id: 'a', data: strange });
    const told = await scene.gateway.command('keys reseal').catch((error: Error) => error.message.split('\n'));
    expect(told).toContain('hardware tokens\t2\t0\t1');
    expect(told.join('\n')).toContain(`hardware tokens: can't open the sealed value of factor:totp:token:lost`);
    expect(told.join('\n')).toContain(`it was sealed with the key ${sealingKeyId(STRANGE)}`);
    expect(told).toContain(`of a plug-in that isn't installed: records of factor:gone\t1\t0\t1`);
    expect(told.at(-1)).toMatch(/^2 left: give the keys that sealed them/);
    await durable.records('factor:totp').remove('lost');
    await durable.records('factor:gone').remove('a');
  });

  it('to a wrong key doesn’t start, and says which one is missing', async () => {
    const folder = temporaryFolder();
    cpSync(scene.data, join(folder, 'data'), { recursive: true, filter: (path) => !path.endsWith('.sock') });
    const start = startGateway({
      folder,
      withoutRelyingParty: true,
      config: { secrets: { sealingKey: text(STRANGE) } },
    });
    await expect(start).rejects.toThrow(
      `it was sealed with the key ${sealingKeyId(NEXT)}, and the sealing key is ${sealingKeyId(STRANGE)}`,
    );
  });
});
