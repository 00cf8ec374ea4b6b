import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import { commands } from '../commands.ts';
import { samlApplication } from '../settings.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { checkApplications } from './check.ts';
import { createImporter } from './importer.ts';
import type { SamlDoor } from './operate.ts';
import type { ConfiguredApplication } from './ports.ts';
import { consumer, document, entity, group, signed } from './testing/documents.ts';
import { NOW } from './testing/ports.ts';
import { metadataServer } from './testing/server.ts';

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
    checkApplications([application('it', settings)], NOW).map(({ path, message }) => `${path}: ${message}`);

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
    const refused = { file: fileOf(document(entity({ consumers: '' }))) };
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
    expect(check({ metadata: { file: '/nowhere' } })).toEqual([
      "metadata.file: the file /nowhere can't be read: ENOENT",
    ]);
    expect(check({ metadata: two })).toEqual([expect.stringMatching(/^metadata.file: describes 2 service providers/)]);
    expect(check({ metadata: two, entityId: 'urn:c' })).toEqual([expect.stringMatching(/no service provider urn:c/)]);
    expect(check({ metadata: refused })).toEqual([
      expect.stringMatching(/can be used \(it has no AssertionConsumerService/),
    ]);
    expect(check({ metadata: { ...two, certificate }, federation: true })).toEqual([
      expect.stringMatching(/without a signature/),
    ]);
  });

  it('finds one entityID in two applications', () => {
    const far = { url: 'https://metadata.example.org/', certificate: federation.certificatePem };
    const both = ['one', 'two'].map((id) => application(id, { metadata: far, entityId: 'urn:x' }));
    expect(checkApplications(both, NOW)).toEqual([
      { application: 'two', path: 'entityId', message: 'is that of applications.one already' },
    ]);
  });
});
