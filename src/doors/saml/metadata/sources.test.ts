import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../../test/support/durable.ts';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { sign } from '../testing/messages.ts';
import { createFileSource } from './sources/file.ts';
import { createMdqSource, UNKNOWN } from './sources/mdq.ts';
import { createUrlSource } from './sources/url.ts';
import { document, entity, group, signed } from './testing/documents.ts';
import { anything, metadataPorts, NOW } from './testing/ports.ts';
import { metadataServer } from './testing/server.ts';

const HOUR = 3_600_000;
const MAX_VALIDITY = 30 * 24 * HOUR;
let federation: Identity;
let stranger: Identity;
let provider: Identity;

beforeAll(async () => {
  [federation, stranger, provider] = await Promise.all([createIdentity(), createIdentity(), createIdentity()]);
});

const entities = (...ids: string[]) =>
  group(ids.map((entityId) => entity({ entityId, certificates: [provider.certificate] })));

type Scene = Awaited<ReturnType<typeof urlScene>>;

async function urlScene() {
  const server = await metadataServer();
  const { durable } = await openDurable();
  const told = metadataPorts(durable);
  const settings = {
    url: `${server.url}/all`,
    certificate: federation.certificatePem,
    refresh: 6 * HOUR,
    maxValidity: MAX_VALIDITY,
  };
  const publish = (xml: string, validUntil: string, key = federation) =>
    server.documents.set('/all', signed(xml, key.privateKey, { validUntil }));
  const open = () => createUrlSource('fed', settings, told.ports, anything);
  return { ...told, server, durable, settings, publish, open };
}

describe('metadata at an address', () => {
  const scene = urlScene;

  it('is verified, read, and asked for again only if it has changed', async () => {
    const { publish, open, server } = await scene();
    publish(entities('urn:a', 'urn:b'), '2026-12-01T00:00:00Z');
    const source = open();
    await source.start();
    expect(await source.find('urn:a')).toMatchObject({
      entityId: 'urn:a',
      signingCertificates: [provider.certificate],
      validUntil: Date.parse('2026-12-01T00:00:00Z'),
    });
    expect(await source.find('urn:a')).toBe(await source.find('urn:a'));
    expect(await source.find('urn:c')).toBeUndefined();
    await source.refresh();
    publish(entities('urn:c'), '2026-12-02T00:00:00Z');
    await source.refresh();
    expect(await source.find('urn:a')).toBeUndefined();
    expect(await source.find('urn:c')).toBeDefined();
    expect(server.requests.map(({ status }) => status)).toEqual([200, 304, 200]);
    expect(source.health()).toMatchObject({ kind: 'url', providers: 1, lastSuccess: NOW });
    await source.close();
  });

  it('may be signed by another implementation, and be written as people write', async () => {
    const { server, open } = await scene();
    const written = document(entities('urn:a'), ' ID="_1" validUntil="2026-12-01T00:00:00Z"')
      .replaceAll('></md:AssertionConsumerService>', ' />\n')
      .replaceAll('><md:', '>\n  <!-- next -->\n  <md:');
    server.documents.set('/all', `<?xml version="1.0" encoding="UTF-8"?>\n${sign(written, federation)}`);
    const source = open();
    await source.start();
    expect(source.health().lastFailure).toBeUndefined();
    expect(await source.find('urn:a')).toMatchObject({ signingCertificates: [provider.certificate] });
    await source.close();
  });

  it.each<[string, (there: Scene) => void, RegExp]>([
    [
      'a stranger’s signature',
      ({ publish }) => publish(entities('urn:x'), '2026-12-03T00:00:00Z', stranger),
      /made by none/,
    ],
    ['no signature', ({ server }) => server.documents.set('/all', document(entities('urn:x'))), /without a signature/],
    [
      'an altered document',
      ({ server }) => server.documents.set('/all', (server.documents.get('/all') ?? '').replace('urn:a', 'urn:x')),
      /digest/,
    ],
    ['an older one', ({ publish }) => publish(entities('urn:x'), '2026-11-30T00:00:00Z'), /an old copy/],
    [
      'one without an end',
      ({ server }) => server.documents.set('/all', signed(entities('urn:x'), federation.privateKey)),
      /no validUntil/,
    ],
    [
      'one with a far end',
      ({ publish }) => publish(entities('urn:x'), '2027-01-30T00:00:00Z'),
      /maxValidity \(30 days\)/,
    ],
    ['an expired one', ({ publish }) => publish(entities('urn:x'), '2026-11-20T10:00:00Z'), /valid until/],
    ['something else', ({ server }) => server.documents.set('/all', '<html>'), /Premature end|libxml2|not/],
    ['nothing', ({ server }) => server.documents.delete('/all'), /answered 404/],
    ['silence', ({ server }) => server.close(), /can’t be reached/],
  ])('in its place %s leaves the last good copy', async (_what, change, reason) => {
    const it = await scene();
    it.publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    const source = it.open();
    await source.start();
    change(it);
    await source.refresh();
    await source.refresh();
    expect(await source.find('urn:x')).toBeUndefined();
    expect(await source.find('urn:a')).toBeDefined();
    expect(source.health().lastFailure?.reason).toMatch(reason);
    const refused = it.audited.filter(({ event }) => event === 'metadata.refused');
    expect(refused).toEqual([{ event: 'metadata.refused', application: 'fed', reason: expect.stringMatching(reason) }]);
    await source.close();
  });

  it.each<[string, string, string, string, string, boolean]>([
    ['a shorter end, published later', '2026-11-18', '2026-12-10', '2026-11-19', '2026-12-01', true],
    ['a longer end, published earlier', '2026-11-19', '2026-12-01', '2026-11-18', '2026-12-10', false],
    ['a longer end, without a date', '2026-11-19', '2026-12-01', '', '2026-12-10', true],
    ['a shorter end, without a date', '2026-11-19', '2026-12-10', '', '2026-12-01', false],
    ['a shorter end, from a date that is still to come', '2026-11-19', '2026-12-10', '2027-11-19', '2026-12-01', false],
  ])(
    'of two documents the later published one is the newer: %s',
    async (_what, first, firstEnd, second, end, taken) => {
      const { publish, open } = await scene();
      const published = (ids: string, at: string) =>
        entities(ids).replace(
          /^<md:EntitiesDescriptor>/,
          (start) =>
            `${start}${at && `<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" creationInstant="${at}T00:00:00Z" publisher="urn:fed"></mdrpi:PublicationInfo></md:Extensions>`}`,
        );
      publish(published('urn:first', first), `${firstEnd}T00:00:00Z`);
      const source = open();
      await source.start();
      publish(published('urn:second', second), `${end}T00:00:00Z`);
      await source.refresh();
      expect((await source.find('urn:second')) !== undefined).toBe(taken);
      expect((await source.find('urn:first')) !== undefined).toBe(!taken);
      // What an operator says counts all the same.
      await source.refresh({ anew: true });
      expect(await source.find('urn:second')).toBeDefined();
      await source.close();
    },
  );

  it('is there after a restart without network, until it expires', async () => {
    const { publish, open, server, clock } = await scene();
    publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    const before = open();
    await before.start();
    await before.close();
    server.close();
    const after = open();
    await after.start();
    expect(await after.find('urn:a')).toBeDefined();
    clock.now = Date.parse('2026-12-01T00:00:00Z');
    expect(await after.find('urn:a')).toBeUndefined();
    await after.close();
  });

  it('serves nothing, and stops nothing, where it never came', async () => {
    const { open, publish, server, settings } = await scene();
    const source = open();
    await source.start();
    expect(await source.find('urn:a')).toBeUndefined();
    expect(source.health()).toMatchObject({ application: 'fed', location: settings.url, lastFailure: { at: NOW } });
    expect(server.requests).toHaveLength(1);
    publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    await source.refresh();
    expect(await source.find('urn:a')).toBeDefined();
    await source.close();
  });

  it('is fetched once by several nodes, and what one has the others take over', async () => {
    const { publish, open, server } = await scene();
    publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    const [first, second] = [open(), open()];
    await first.start();
    await second.start();
    expect(await second.find('urn:a')).toBeDefined();
    expect(server.requests).toHaveLength(1);
    await first.close();
    await second.close();
  });

  it('takes no copy that was made for another address or certificate, or that was tampered with', async () => {
    const { publish, open, server, settings, ports, durable } = await scene();
    publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    const source = open();
    await source.start();
    await source.close();
    server.close();
    const moved = createUrlSource('fed', { ...settings, certificate: stranger.certificatePem }, ports, anything);
    await moved.start();
    expect(await moved.find('urn:a')).toBeUndefined();
    await moved.close();
    const records = durable.records('saml-metadata');
    const [chunk] = await records.list({ limit: 1 });
    if (chunk === undefined) throw new Error('nothing was kept');
    await records.update(chunk.id, chunk.version, Buffer.from(`${chunk.data}x`).toString('base64'));
    const again = open();
    await again.start();
    expect(await again.find('urn:a')).toBeUndefined();
    await again.close();
  });

  it('is not followed to where it redirects', async () => {
    const { ports, server, settings, publish } = await scene();
    publish(entities('urn:a'), '2026-12-01T00:00:00Z');
    const away = async () => new Response(null, { status: 302, headers: { location: `${server.url}/all` } });
    const source = createUrlSource('fed', settings, { ...ports, fetch: away }, anything);
    await source.start();
    expect(source.health().lastFailure?.reason).toMatch(/answered 302 to .*configure that address/);
    expect(server.requests).toEqual([]);
    await source.close();
  });
});

describe('metadata in a file', () => {
  async function scene() {
    const file = join(temporaryFolder(), 'sp.xml');
    const told = metadataPorts((await openDurable()).durable);
    return {
      ...told,
      file,
      open: (certificate?: string) =>
        createFileSource('sp', { file, ...(certificate && { certificate }) }, told.ports, anything),
    };
  }

  it('is read again when it has changed, and stays as it was where the new one is faulty', async () => {
    const { file, open, audited } = await scene();
    writeFileSync(file, document(entity({ entityId: 'urn:a' })));
    const source = open();
    await source.start();
    expect(await source.find('urn:a')).toBeDefined();
    writeFileSync(file, document(entity({ entityId: 'urn:longer' })));
    await source.refresh();
    expect(await source.find('urn:longer')).toBeDefined();
    expect(await source.find('urn:a')).toBeUndefined();
    writeFileSync(file, '<half');
    await source.refresh();
    expect(await source.find('urn:longer')).toBeDefined();
    expect(audited.map(({ event }) => event)).toEqual(['metadata.loaded', 'metadata.refused']);
    await source.close();
  });

  it('may be missing, faulty or unsigned at the start: it is tried again, and says why', async () => {
    const { file, open } = await scene();
    const source = open(federation.certificatePem);
    await source.start();
    expect(source.health()).toMatchObject({ failure: { reason: expect.stringMatching(/can't be read: ENOENT/) } });
    writeFileSync(file, document(entity()));
    await source.refresh();
    expect(source.health()).toMatchObject({ failure: { reason: expect.stringMatching(/without a signature/) } });
    writeFileSync(file, signed(entity(), federation.privateKey));
    await source.refresh();
    expect(await source.find('https://sp.example.org/metadata')).toBeDefined();
    expect(source.health().failure).toBeUndefined();
    await source.close();
  });

  it.each([
    ['is gone', (file: string) => rmSync(file)],
    ['no longer parses', (file: string) => writeFileSync(file, '<half')],
    ['has expired', (file: string) => writeFileSync(file, document(entity(), ' validUntil="2026-11-20T10:00:00Z"'))],
  ])('holds over a restart where it %s, until it ends', async (_how, change) => {
    const { file, open, clock } = await scene();
    writeFileSync(file, document(entity(), ' validUntil="2026-12-01T00:00:00Z"'));
    const before = open();
    await before.start();
    await before.close();
    change(file);
    const after = open();
    await after.start();
    expect(await after.find('https://sp.example.org/metadata')).toBeDefined();
    expect(after.health().failure?.since).toBe(NOW);
    clock.now = Date.parse('2026-12-01T00:00:00Z');
    expect(await after.find('https://sp.example.org/metadata')).toBeUndefined();
    expect(after.endedAt('https://sp.example.org/metadata')).toBe(clock.now);
    await after.close();
  });
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
    server.close();
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
    server.close();
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
