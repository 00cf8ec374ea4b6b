import { createHash, sign, verify, X509Certificate } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { DAY, MINUTE, random, START } from '../../test/support/sign-in.ts';
import type { AuditEvent } from '../core/door.ts';
import type { KeyringOptions } from '../core/keyring.ts';
import { createSealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import { createKeyrings } from './keyring.ts';

const HOUR = 3_600_000;
const OPTIONS: KeyringOptions = { algorithms: ['RS256', 'ES256'], ahead: DAY, keeps: 2 * HOUR };
/** ES256 keys are made in no time. */
const QUICK: KeyringOptions = { ...OPTIONS, algorithms: ['ES256'] };
const sealer = createSealer(createHash('sha256').update('sealing key of the tests').digest());

function clock() {
  let at = START;
  return {
    now: () => at,
    to(moment: number) {
      at = moment;
    },
    pass(ms: number) {
      at += ms;
    },
  };
}

type Durable = Pick<DurableStore, 'keys' | 'state'>;

/** What nodes tell each other by; nothing where they are deaf to it. */
function telling() {
  const listeners = new Set<() => void>();
  return {
    async publish() {
      for (const listener of listeners) listener();
    },
    async subscribe(_topic: string, listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** One process over a durable store. */
function process_(durable: Durable, { now = (): number => START, seal = sealer, ephemeral = telling() } = {}) {
  const logs: { level: string; message: string }[] = [];
  const audited: AuditEvent[] = [];
  const level = (name: string) => (_fields: object, message: string) => void logs.push({ level: name, message });
  const log = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
  const audit = { commit: async (event: AuditEvent) => void audited.push(event), note: () => undefined };
  const keyrings = createKeyrings({ durable, ephemeral, sealer: seal, now, random, log, audit });
  onTestFinished(() => keyrings.close());
  return { keyrings, logs, audited };
}

const ids = (keys: readonly { id: string }[]) => keys.map(({ id }) => id);

describe('the first keys', () => {
  it('are made once, sign at once, and are the same after a restart', async () => {
    const { durable } = await openDurable();
    const ring = await process_(durable).keyrings.keyring('one', OPTIONS);
    const [first, second, ...others] = ring.published();
    expect([first?.algorithm, second?.algorithm, others]).toEqual(['RS256', 'ES256', []]);
    expect([ring.active('RS256'), ring.active('ES256')]).toEqual([first, second]);
    const data = Buffer.from('text');
    const { privateKey, publicKey } = ring.active('RS256');
    expect(verify('sha256', data, publicKey, sign('sha256', data, privateKey))).toBe(true);
    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);

    const again = await process_(durable).keyrings.keyring('one', OPTIONS);
    expect(ids(again.published())).toEqual(ids(ring.published()));
  });

  it('are one and the same where many processes start together', async () => {
    const { durable } = await openDurable();
    const rings = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        process_(durable, { now: () => START + at }).keyrings.keyring('one', QUICK),
      ),
    );
    expect(new Set(rings.map((ring) => ring.active('ES256').id)).size).toBe(1);
    expect(await durable.keys.list('one')).toHaveLength(1);
  });

  it('are put in place by the next process where one ended in between', async () => {
    const { durable } = await openDurable();
    const insert = () => Promise.reject(new Error('power failure'));
    const failing = { ...durable, keys: { ...durable.keys, insert } };
    await expect(process_(failing).keyrings.keyring('one', QUICK)).rejects.toThrow('power failure');
    const [a, b] = await Promise.all([1, 2].map(() => process_(durable).keyrings.keyring('one', QUICK)));
    expect(a?.active('ES256').id).toBe(b?.active('ES256').id);
    expect(await durable.keys.list('one')).toHaveLength(1);
  });

  it('of an earlier version, sealed as a JWK alone, go on signing', async () => {
    const { durable } = await openDurable();
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const sealed = sealer.seal(JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'old' }), 'key:old');
    await durable.keys.insert({ id: 'old', purpose: 'one', algorithm: 'ES256', sealed, createdAt: 0, activeFrom: 0 });
    const ring = await process_(durable).keyrings.keyring('one', QUICK);
    expect(ids(ring.published())).toEqual(['old']);
    expect(ring.active('ES256').publicKey.export({ format: 'jwk' })).toMatchObject({ kty: 'EC', crv: 'P-256' });
  });

  it('that were sealed by another installation stop the start', async () => {
    const { durable } = await openDurable();
    await process_(durable).keyrings.keyring('one', QUICK);
    const other = process_(durable, { seal: createSealer(new Uint8Array(32)) });
    await expect(other.keyrings.keyring('one', QUICK)).rejects.toMatchObject({ code: 'ERR_SEAL' });
  });

  it('lie sealed in the store', async () => {
    const { durable } = await openDurable();
    await process_(durable).keyrings.keyring('one', QUICK);
    const state = await durable.state('keyring').get('one:ES256');
    const stored = JSON.stringify([await durable.keys.list('one'), state]);
    expect(stored).toContain('"sealed":"2.');
    expect(stored).not.toMatch(/jwk|"d"|kty/);
  });
});

describe('certificates', () => {
  it.each(['RS256', 'ES256'] as const)('of %s are self-signed, for ten years, and no authority', async (algorithm) => {
    const { durable } = await openDurable();
    const commonName = 'login.example, O=Other + "#x"';
    const options = { ...OPTIONS, algorithms: [algorithm], certificate: { commonName } };
    const { active } = await process_(durable).keyrings.keyring('one', options);
    const key = active(algorithm);
    const certificate = new X509Certificate(Buffer.from(key.certificate ?? '', 'base64'));
    expect(certificate.toLegacyObject().subject).toEqual({ CN: commonName });
    expect(certificate.issuer).toBe(certificate.subject);
    expect([certificate.verify(key.publicKey), certificate.checkPrivateKey(key.privateKey)]).toEqual([true, true]);
    expect(certificate.ca).toBe(false);
    expect(certificate.validFromDate.getTime()).toBe(START - HOUR);
    expect(certificate.validToDate.getUTCFullYear()).toBe(new Date(START).getUTCFullYear() + 10);
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    const { keyrings } = process_(durable);
    await keyrings.keyring('one', options);
    expect((await keyrings.list())[0]?.certificate).toBe(key.certificate);
  });
});

describe('a rotation', () => {
  it('publishes the next key, lets it take over, and drops the old one in time, on all nodes', async () => {
    const { durable } = await openDurable();
    const time = clock();
    const one = process_(durable, time);
    const two = process_(durable, time);
    const here = await one.keyrings.keyring('one', QUICK);
    const there = await two.keyrings.keyring('one', QUICK);
    const old = here.active('ES256');
    const changes: string[] = [];
    there.onChange(() => changes.push(there.active('ES256').id));

    const [added] = await one.keyrings.rotate('one');
    const next = added?.key.id ?? '';
    expect(added?.key.activeFrom).toBe(START + DAY);
    expect(one.audited).toEqual([
      { event: 'keys.rotated', by: 'cli', purpose: 'one', algorithm: 'ES256', key: next, activeFrom: START + DAY },
    ]);
    expect([here.active('ES256').id, ids(here.published())]).toEqual([old.id, [old.id, next]]);
    expect(ids(there.published())).toEqual([old.id]);
    await two.keyrings.refresh();
    expect([ids(there.published()), changes]).toEqual([[old.id, next], [old.id]]);

    time.to(START + DAY - 1);
    expect(there.active('ES256').id).toBe(old.id);
    time.to(START + DAY);
    expect([here, there].map((ring) => ids(ring.published()))).toEqual([
      [next, old.id],
      [next, old.id],
    ]);
    expect([there.active('ES256').id, changes]).toEqual([next, [old.id, next]]);

    time.to(START + DAY + QUICK.keeps - 1);
    expect(ids(there.published())).toEqual([next, old.id]);
    time.to(START + DAY + QUICK.keeps);
    expect([here, there].map((ring) => ids(ring.published()))).toEqual([[next], [next]]);
    expect(changes).toEqual([old.id, next, next]);
    await two.keyrings.refresh();
    const stored = Map.groupBy(await durable.keys.list('one'), ({ id }) => id);
    expect(stored.get(old.id)).toMatchObject([{ activeFrom: START, retiredAt: START + DAY + QUICK.keeps }]);
    expect(stored.get(next)).toEqual([expect.not.objectContaining({ retiredAt: expect.anything() })]);
  });

  it('by one node is heard of by the others, whoever of them can be told', async () => {
    const { durable } = await openDurable();
    const ephemeral = telling();
    const deaf = { ...ephemeral, publish: () => Promise.reject(new Error('away')) };
    const one = process_(durable, { ephemeral });
    const two = process_(durable, { ephemeral: deaf });
    const here = await one.keyrings.keyring('one', QUICK);
    const there = await two.keyrings.keyring('one', QUICK);
    const old = here.active('ES256').id;
    await one.keyrings.rotate('one');
    await vi.waitFor(() => expect(ids(there.published())).toEqual(ids(here.published())));
    expect(there.published()).toHaveLength(2);
    // That nobody could be told is no fault of the command.
    await two.keyrings.retire(old);
    expect(ids(there.published())).not.toContain(old);
    expect(two.logs).toContainEqual({ level: 'warn', message: 'other nodes were not told of the keys' });
  });

  it('is one at a time, of each algorithm or of one', async () => {
    const { durable } = await openDurable();
    const { keyrings } = process_(durable);
    await keyrings.keyring('one', OPTIONS);
    expect(await keyrings.rotate('one', { algorithm: 'ES256' })).toMatchObject([{ algorithm: 'ES256' }]);
    await expect(keyrings.rotate('one', { algorithm: 'ES256' })).rejects.toThrow(/waits already/);
    await expect(keyrings.rotate('one')).rejects.toThrow(/waits already/);
    expect(await keyrings.rotate('one', { algorithm: 'RS256', ahead: HOUR })).toMatchObject([
      { algorithm: 'RS256', key: { activeFrom: START + HOUR } },
    ]);
    await expect(keyrings.rotate('two')).rejects.toThrow('nothing enabled signs as two; choose from one');
    await expect(keyrings.rotate('one', { algorithm: 'PS256' })).rejects.toThrow('choose from RS256, ES256');
  });

  it('by many nodes at once adds one key', async () => {
    const { durable } = await openDurable();
    const nodes = Array.from({ length: 8 }, () => process_(durable).keyrings);
    await Promise.all(nodes.map((node) => node.keyring('one', QUICK)));
    const outcomes = await Promise.allSettled(nodes.map((node) => node.rotate('one')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await durable.keys.list('one')).toHaveLength(2);
  });

  it('without notice takes over in the same moment', async () => {
    const { durable } = await openDurable();
    const time = clock();
    const { keyrings } = process_(durable, time);
    const ring = await keyrings.keyring('one', QUICK);
    const [added] = await keyrings.rotate('one', { ahead: 0 });
    time.pass(1);
    expect(ring.active('ES256').id).toBe(added?.key.id);
    expect(ring.published()).toHaveLength(2);
  });
});

describe('each node by itself', () => {
  it('learns within a minute what another did, and tells of a change when it has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { durable } = await openDurable();
    const time = clock();
    const wait = async (ms: number) => {
      time.pass(ms);
      await vi.advanceTimersByTimeAsync(ms);
    };
    const { keyrings } = process_(durable, time);
    const there = await process_(durable, time).keyrings.keyring('one', QUICK);
    await keyrings.keyring('one', QUICK);
    const heard: [number, number][] = [];
    there.onChange(() => heard.push([time.now() - START, there.published().length]));
    await keyrings.rotate('one', { ahead: 90_000 });
    await wait(60_000);
    await vi.waitFor(() => expect(heard).toEqual([[60_000, 2]]), { timeout: 20_000 });
    await wait(30_000);
    await vi.waitFor(() => expect(heard.at(-1)).toEqual([90_000, 2]), { timeout: 20_000 });
  });
});

describe('a key that somebody else may have', () => {
  it('makes room for the next one at once', async () => {
    const { durable } = await openDurable();
    const time = clock();
    const { keyrings, audited } = process_(durable, time);
    const ring = await keyrings.keyring('one', QUICK);
    const old = ring.active('ES256').id;
    await expect(keyrings.retire(old)).rejects.toThrow(/the only key that can sign/);
    const [added] = await keyrings.rotate('one');
    time.pass(MINUTE);
    const changes = await keyrings.retire(old.slice(0, 8));
    expect(changes.map(({ kind, key }) => [kind, key.id])).toEqual([
      ['retired', old],
      ['activated', added?.key.id],
    ]);
    expect(ids(ring.published())).toEqual([added?.key.id]);
    expect(ring.active('ES256')).toMatchObject({ id: added?.key.id, activeFrom: START + MINUTE });
    expect(audited.at(-1)).toMatchObject({
      event: 'keys.retired',
      by: 'cli',
      purpose: 'one',
      key: old,
      was: 'signing',
    });
    await expect(keyrings.retire(old)).rejects.toThrow(/retired already/);
  });

  it('is taken out while it waits, or while it is kept, and the others stay as they are', async () => {
    const { durable } = await openDurable();
    const time = clock();
    const { keyrings } = process_(durable, time);
    const ring = await keyrings.keyring('one', QUICK);
    const first = ring.active('ES256').id;
    const [unused] = await keyrings.rotate('one');
    await keyrings.retire(unused?.key.id ?? '');
    expect(ids(ring.published())).toEqual([first]);
    const [second] = await keyrings.rotate('one', { ahead: HOUR });
    time.pass(HOUR);
    expect(ids(ring.published())).toEqual([second?.key.id, first]);
    await keyrings.retire(first);
    expect(ids(ring.published())).toEqual([second?.key.id]);
    // The one that never signed doesn't count as a successor.
    expect((await keyrings.list()).map(({ state }) => state)).toEqual(['retired', 'signing', 'retired']);
  });

  it('is found by its id alone', async () => {
    const { keyrings } = process_((await openDurable()).durable);
    await keyrings.keyring('one', QUICK);
    for (const id of ['', 'x', '00000000-0000-4000-8000-000000000000']) {
      await expect(keyrings.retire(id)).rejects.toThrow(/there is no key/);
    }
  });
});

describe('trouble', () => {
  it('with the store keeps what is known, and says so', async () => {
    const { durable } = await openDurable();
    const time = clock();
    let away = false;
    const list = (purpose: string) => (away ? Promise.reject(new Error('away')) : durable.keys.list(purpose));
    const { keyrings, logs } = process_({ ...durable, keys: { ...durable.keys, list } }, time);
    const ring = await keyrings.keyring('one', QUICK);
    const [added] = await keyrings.rotate('one');
    away = true;
    await keyrings.refresh();
    expect(logs.at(-1)).toEqual({ level: 'error', message: expect.stringContaining('could not be read') });
    expect(ring.published()).toHaveLength(2);
    // What was planned happens without the store.
    time.pass(DAY);
    expect(ring.active('ES256').id).toBe(added?.key.id);
  });

  it('with a clock that is set back leaves a key to sign with', async () => {
    const { durable } = await openDurable();
    const time = clock();
    const ring = await process_(durable, time).keyrings.keyring('one', QUICK);
    time.to(START - DAY);
    expect(ring.active('ES256')).toBe(ring.published()[0]);
  });

  it('in one listener keeps no other from hearing', async () => {
    const { durable } = await openDurable();
    const { keyrings, logs } = process_(durable);
    const ring = await keyrings.keyring('one', QUICK);
    let heard = 0;
    ring.onChange(() => {
      throw new Error('cannot');
    });
    ring.onChange(() => {
      heard += 1;
    });
    await keyrings.rotate('one');
    expect(heard).toBe(1);
    expect(logs.some(({ level }) => level === 'error')).toBe(true);
    await keyrings.refresh();
    expect(heard).toBe(1);
  });
});
