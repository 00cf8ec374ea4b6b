import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import { consumer, document, entity, group, signed } from '../../../saml/metadata/testing/documents.ts';
import { NOW } from '../../../saml/metadata/testing/ports.ts';
import { metadataServer } from '../../../saml/metadata/testing/server.ts';
import { createIdentity, type Identity } from '../../../saml/testing/identity.ts';
import { commands } from '../commands.ts';
import { samlApplication, samlSettings } from '../settings.ts';
import { checkApplications } from './check.ts';
import type { ConfiguredApplication } from './configured.ts';
import { createImporter } from './importer.ts';
import type { SamlDoor } from './operate.ts';
import { reviewApplications } from './review.ts';

let federation: Identity;
beforeAll(async () => {
  federation = await createIdentity();
});

function fileOf(text: string, name = 'metadata.xml'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

describe('saml import', () => {
  const door: SamlDoor = {
    handler: (_request, _response, next) => next(),
    importer: createImporter({ fetch: (url, init) => fetch(url, init), now: () => NOW }),
    repin: () => Promise.reject(new Error('not here')),
  };
  const [command] = commands;
  const run = async (location: string, options: Record<string, string> = {}) =>
    command?.run(door, { args: [location], options });

  it('prints what it found, what it refuses and why, and what to configure', async () => {
    const good = entity({ entityId: 'https://lib.example.org/sp' });
    const bad = entity({ entityId: 'urn:bad', consumers: consumer('http://sp.example.org/&#10;\u0085acs') });
    const file = fileOf(document(group([good, bad, '<md:EntityDescriptor entityID="urn:idp"/>'])));
    const result = await run(file);
    expect(result).toEqual({
      exitCode: 0,
      lines: [
        '1 service providers, 1 refused, 1 other entities.',
        'The signature was not checked: give --certificate to do so.',
        '',
        'accepted https://lib.example.org/sp',
        'refused urn:bad: none of its AssertionConsumerServices is an https address: http://sp.example.org/ acs',
        '',
        'applications:',
        '  lib-example-org:',
        '    name: "https://lib.example.org/sp"',
        '    saml:',
        '      metadata:',
        `        file: ${JSON.stringify(file)}`,
      ],
    });
  });

  it('prints a configuration that the schema accepts', async () => {
    const server = await metadataServer();
    server.documents.set(
      '/all',
      signed(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })]), federation.privateKey),
    );
    const certificate = fileOf(federation.certificatePem, 'federation.pem');
    const result = await run(`${server.url}/all`, { certificate });
    expect(result?.exitCode).toBe(0);
    expect(result?.lines).toContain('The signature is good.');
    const lines = result?.lines ?? [];
    const { applications } = parse(lines.slice(lines.indexOf('applications:')).join('\n'));
    const { metadata, ...rest } = applications.federation.saml;
    expect(metadata).toEqual({ url: `${server.url}/all`, certificate: `\${file:${certificate}}` });
    const whole = { ...rest, metadata: { ...metadata, certificate: federation.certificatePem } };
    expect(samlApplication.parse(whole)).toMatchObject({ federation: true });
  });

  it.each<[string, string, RegExp]>([
    ['a file that isn’t there', '/nowhere/x.xml', /can't be read: ENOENT/],
    ['an address that isn’t there', 'http://127.0.0.1:9/x', /can’t be reached/],
  ])('says what is wrong with %s', async (_what, location, reason) => {
    const result = await run(location);
    expect(result?.exitCode).toBe(1);
    expect(result?.lines).toEqual([expect.stringMatching(reason)]);
  });

  it('fails where the signature is a stranger’s, where there is none, and where nothing can be used', async () => {
    const stranger = fileOf((await createIdentity()).certificatePem, 'other.pem');
    const file = fileOf(signed(entity(), federation.privateKey));
    expect(await run(file, { certificate: stranger })).toMatchObject({
      exitCode: 1,
      lines: [expect.stringMatching(/made by none/)],
    });
    const unsigned = fileOf(document(entity()));
    expect(await run(unsigned, { certificate: stranger })).toMatchObject({
      exitCode: 1,
      lines: [expect.stringMatching(/without a signature/)],
    });
    expect(await run(file, { certificate: 'relative.pem' })).toMatchObject({
      exitCode: 1,
      lines: [expect.stringMatching(/absolute path/)],
    });
    expect(await run(fileOf(document(entity({ consumers: '' }))))).toMatchObject({ exitCode: 1 });
  });
});

describe('the check of a configuration', () => {
  const application = (id: string, settings: Record<string, unknown>): ConfiguredApplication => ({
    ...{ id, name: id, door: 'saml', consent: 'ask', internal: false },
    settings: samlApplication.parse(settings),
  });
  const check = (settings: Record<string, unknown>) =>
    checkApplications([application('it', settings)]).map(({ path, message }) => `${path}: ${message}`);

  it('finds nothing wrong with what can work', () => {
    const certificate = federation.certificatePem;
    const far = { url: 'https://metadata.example.org/', certificate };
    const two = { file: fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })]))) };
    expect(check({ metadata: far })).toEqual([]);
    expect(check({ metadata: { mdq: 'https://mdq.example.org/', certificate }, federation: true })).toEqual([]);
    expect(check({ metadata: two, federation: true })).toEqual([]);
    expect(check({ metadata: two, entityId: 'urn:b' })).toEqual([]);
    expect(check({ metadata: { file: fileOf(document(entity())) } })).toEqual([]);
  });

  it('finds what the schema can’t see', () => {
    const certificate = federation.certificatePem;
    const two = { file: fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })]))) };
    const broken = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
    expect(check({ metadata: two, federation: true, entityId: 'urn:a' })).toEqual([
      expect.stringMatching(/^entityId: names one/),
    ]);
    expect(check({ metadata: { mdq: 'https://mdq.example.org/', certificate } })).toEqual([
      expect.stringMatching(/^entityId: is missing/),
    ]);
    expect(check({ metadata: { url: 'https://m.example.org/', certificate: broken } })).toEqual([
      expect.stringMatching(/^metadata.certificate: .*can’t be read/),
    ]);
    expect(check({ metadata: { url: 'https://m.example.org/', certificate }, nameIdFrom: 'mail' })).toEqual([
      expect.stringMatching(/^nameIdFrom: .*needs nameId: unspecified/),
    ]);
  });

  it('finds one entityID in two applications', () => {
    const far = { url: 'https://metadata.example.org/', certificate: federation.certificatePem };
    const both = ['one', 'two'].map((id) => application(id, { metadata: far, entityId: 'urn:x' }));
    expect(checkApplications(both)).toEqual([
      { application: 'two', path: 'entityId', message: 'is that of applications.one already' },
    ]);
  });
});

describe('the review of files, before a start', () => {
  const settings = samlSettings.parse({});
  const application = (id: string, own: Record<string, unknown>): ConfiguredApplication => ({
    ...{ id, name: id, door: 'saml', consent: 'ask', internal: false },
    settings: samlApplication.parse(own),
  });
  const review = async (own: Record<string, unknown>) =>
    (await reviewApplications([application('it', own)], settings, NOW)).map(
      ({ state, reason }) => `${state}: ${reason}`,
    );
  const until = (instant: string) => ({ file: fileOf(document(entity(), ` validUntil="${instant}"`)) });

  it('warns of what keeps an application from working, and of what soon will', async () => {
    const two = { file: fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })]))) };
    const certificate = federation.certificatePem;
    const all: [Record<string, unknown>, ...(string | RegExp)[]][] = [
      [{ metadata: { file: fileOf(document(entity())) } }],
      [{ metadata: two, federation: true }],
      [{ metadata: { url: 'https://m.example.org/', certificate } }],
      [{ metadata: { file: '/nowhere' } }, "unavailable: the file /nowhere can't be read: ENOENT"],
      [{ metadata: two }, /^unavailable: its metadata describes 2 service providers/],
      [{ metadata: two, entityId: 'urn:c' }, /^unavailable: .*no service provider urn:c/],
      [
        { metadata: { file: fileOf(document(entity({ consumers: '' }))) } },
        /can be used \(it has no AssertionConsumer/,
      ],
      [{ metadata: { ...two, certificate }, federation: true }, /^unavailable: .*without a signature/],
      [{ metadata: until('2026-11-19T08:30:00Z') }, 'unavailable: its metadata expired on 2026-11-19T08:30Z'],
      [{ metadata: until('2026-11-22T08:30:00Z') }, 'ending: its metadata is valid until 2026-11-22T08:30Z only'],
      [{ metadata: until('2027-11-22T08:30:00Z') }],
    ];
    for (const [own, ...expected] of all) {
      expect(await review(own)).toEqual(
        expected.map((it) => (typeof it === 'string' ? it : expect.stringMatching(it))),
      );
    }
  });

  it('warns of a certificate that ends, and of an entity that is another application’s', async () => {
    const soon = await createIdentity('rsa', 2048, 'CN=soon', new Date(NOW + 3 * 86_400_000));
    const metadata = { file: fileOf(document(entity({ certificates: [soon.certificate] }))) };
    expect(await review({ metadata })).toEqual(['ending: a certificate in its metadata ends on 2026-11-23T10:00Z']);
    const both = [application('one', { metadata }), application('two', { metadata })];
    const told = (await reviewApplications(both, settings, NOW)).map((it) => `${it.application} ${it.reason}`);
    expect(told).toEqual([
      'one a certificate in its metadata ends on 2026-11-23T10:00Z',
      'two it is https://sp.example.org/metadata, which is applications.one’s',
    ]);
  });

  it('warns of attributes by names that nobody knows, and of an assertion with nothing in it', async () => {
    const asking = (...names: string[]) => {
      const wishes = names.map((name) => `<md:RequestedAttribute Name="${name}"></md:RequestedAttribute>`).join('');
      const service = `<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">x</md:ServiceName>${wishes}</md:AttributeConsumingService>`;
      return { file: fileOf(document(entity({ services: service }))) };
    };
    expect(await review({ metadata: asking('email', 'shoe size'), attributes: ['mail'] })).toEqual([
      'incomplete: its metadata requests attributes that aren’t known here: shoe size',
    ]);
    expect(await review({ metadata: asking('urn:x'), attributes: ['mail'] })).toEqual([
      'incomplete: its metadata requests attributes that aren’t known here: urn:x',
      'incomplete: none of its 1 attributes is sent: its metadata requests others',
    ]);
  });
});
