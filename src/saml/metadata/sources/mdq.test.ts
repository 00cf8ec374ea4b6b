import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../../test/support/durable.ts';
import { createIdentity, type Identity } from '../../testing/identity.ts';
import { entity, signed } from '../testing/documents.ts';
import { metadataPorts, NOW } from '../testing/ports.ts';
import { metadataServer } from '../testing/server.ts';
import { createMdqSource, UNKNOWN } from './mdq.ts';

const HOUR = 3_600_000;
const MAX_VALIDITY = 30 * 24 * HOUR;
let federation: Identity;
let stranger: Identity;

beforeAll(async () => {
  [federation, stranger] = await Promise.all([createIdentity(), createIdentity()]);
});

describe('a metadata query server', () => {
  async function scene() {
    const server = await metadataServer();
    const told = metadataPorts((await openDurable()).durable);
    const settings = {
      mdq: `${server.url}/`,
      certificate: federation.certificatePem,
      refresh: 6 * HOUR,
      maxValidity: MAX_VALIDITY,
    };
    const path = (entityId: string) => `/entities/${encodeURIComponent(entityId)}`;
    const publish = (asked: string, { as = asked, key = federation, validUntil = '2026-11-27T00:00:00Z' } = {}) =>
      server.documents.set(path(asked), signed(entity({ entityId: as }), key.privateKey, { validUntil }));
    const open = () => createMdqSource('fed', settings, told.ports);
    return { ...told, server, path, publish, open, source: open() };
  }

  it('is asked once for each entity, however many wait, and again when the answer has aged', async () => {
    const { server, publish, source, clock } = await scene();
    publish('https://sp.example.org/a');
    const found = await Promise.all(Array.from({ length: 100 }, () => source.find('https://sp.example.org/a')));
    expect(new Set(found).size).toBe(1);
    expect(found[0]?.entityId).toBe('https://sp.example.org/a');
    expect(server.requests).toEqual([{ path: '/entities/https%3A%2F%2Fsp.example.org%2Fa', status: 200 }]);
    clock.now += 6 * HOUR;
    await source.find('https://sp.example.org/a');
    await source.refresh();
    expect(server.requests).toHaveLength(2);
    await source.close();
  });

  it('is believed only for the entity that was asked for, and only with the federation’s signature', async () => {
    const { publish, source, audited } = await scene();
    publish('urn:asked', { as: 'urn:other' });
    publish('urn:forged', { key: stranger });
    publish('urn:expired', { validUntil: '2026-11-20T10:00:00Z' });
    for (const id of ['urn:asked', 'urn:other', 'urn:forged', 'urn:expired'])
      expect(await source.find(id)).toBeUndefined();
    expect(audited.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('another entity'),
      expect.stringContaining('made by none'),
      expect.stringContaining('valid until'),
    ]);
    await source.close();
  });

  it('is left in peace for a while about entities that it doesn’t have', async () => {
    const { server, publish, source, clock } = await scene();
    expect(await source.find('urn:new')).toBeUndefined();
    publish('urn:new');
    expect(await source.find('urn:new')).toBeUndefined();
    expect(server.requests).toHaveLength(1);
    clock.now += 60_000;
    expect(await source.find('urn:new')).toBeDefined();
    await source.close();
  });

  it('may be away: what it said holds until it expires', async () => {
    const { server, publish, source, clock } = await scene();
    publish('urn:a');
    await source.find('urn:a');
    await server.close();
    clock.now += 12 * HOUR;
    await source.refresh();
    expect(await source.find('urn:a')).toBeDefined();
    clock.now = Date.parse('2026-11-27T00:00:00Z');
    expect(await source.find('urn:a')).toBeUndefined();
    expect(source.health().lastFailure?.reason).toMatch(/can’t be reached/);
    await source.close();
  });

  it('needs not be there after a restart for what it said before', async () => {
    const { server, publish, source, open, clock, ports } = await scene();
    publish('urn:a');
    publish('urn:b');
    await source.find('urn:a');
    await source.close();
    await server.close();
    const after = open();
    expect(await after.find('urn:a')).toMatchObject({ entityId: 'urn:a' });
    expect(await after.find('urn:b')).toBeUndefined();
    clock.now = Date.parse('2026-11-27T00:00:00Z');
    expect(await after.find('urn:a')).toBeUndefined();
    await after.close();
    const settings = {
      mdq: server.url,
      certificate: stranger.certificatePem,
      refresh: HOUR,
      maxValidity: MAX_VALIDITY,
    };
    clock.now = NOW;
    const other = createMdqSource('fed', settings, ports);
    expect(await other.find('urn:a')).toBeUndefined();
    await other.close();
  });

  it('withdraws nothing that is signed and in force, and is not played back an earlier answer', async () => {
    const { server, path, publish, source, clock } = await scene();
    publish('urn:a');
    publish('urn:b');
    await source.find('urn:a');
    await source.find('urn:b');
    publish('urn:a', { validUntil: '2026-11-26T00:00:00Z' });
    server.documents.delete(path('urn:b'));
    await source.refresh();
    expect((await source.find('urn:a'))?.validUntil).toBe(Date.parse('2026-11-27T00:00:00Z'));
    // Nobody signed that it isn't there.
    expect(await source.find('urn:b')).toBeDefined();
    clock.now = Date.parse('2026-11-27T00:00:00Z');
    expect(await source.find('urn:b')).toBeUndefined();
    await source.close();
  });

  it('is asked for few at once that nobody has heard of, and those don’t keep known ones waiting', async () => {
    const { publish, source, open, server, clock } = await scene();
    publish('urn:known');
    await source.find('urn:known');
    await source.close();
    const answers = Promise.withResolvers<void>();
    server.hold(answers.promise);
    const after = open();
    const asked = Array.from({ length: 200 }, (_, n) =>
      after.find(`urn:unknown:${n}`).catch((error: unknown) => error),
    );
    expect(await after.find('urn:known')).toBeDefined();
    clock.now += 1;
    await expect.poll(() => server.requests.length).toBe(1 + UNKNOWN.atOnce + 1);
    answers.resolve();
    const refused = (await Promise.all(asked)).filter((it) => it instanceof Error);
    expect(refused).toHaveLength(200 - UNKNOWN.atOnce);
    expect(refused[0]).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await after.close();
  });

  it('is asked for no more than a few in a minute that nobody has heard of', async () => {
    const { source, server, clock, publish } = await scene();
    let refused = 0;
    for (let n = 0; n < 2 * UNKNOWN.most; n++) await source.find(`urn:unknown:${n}`).catch(() => refused++);
    expect(refused).toBe(UNKNOWN.most);
    expect(server.requests).toHaveLength(UNKNOWN.most);
    clock.now += UNKNOWN.window;
    publish('urn:new');
    expect(await source.find('urn:new')).toBeDefined();
    await source.close();
  });
});
