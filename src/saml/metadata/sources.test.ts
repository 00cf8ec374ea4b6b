import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { temporaryFolder } from '../../../test/support/folders.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { sign } from '../testing/messages.ts';
import { createFileSource } from './sources/file.ts';
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
    await change(it);
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
    await server.close();
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
    await server.close();
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
