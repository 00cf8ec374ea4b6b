import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../../test/support/durable.ts';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import { samlApplication } from '../settings.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import type { ConfiguredApplication } from './ports.ts';
import { createParties } from './registry.ts';
import { aggregate, aggregateId } from './testing/aggregate.ts';
import { document, entity, group, signed } from './testing/documents.ts';
import { metadataPorts } from './testing/ports.ts';
import { metadataServer } from './testing/server.ts';

let federation: Identity;
let provider: Identity;

beforeAll(async () => {
  [federation, provider] = await Promise.all([createIdentity(), createIdentity()]);
});

function application(id: string, settings: Record<string, unknown>): ConfiguredApplication {
  return {
    ...{ id, name: id, door: 'saml', consent: 'ask', internal: false, released: ['mail'] },
    description: { en: 'Configured' },
    settings: samlApplication.parse(settings),
  };
}

function fileOf(xml: string): { file: string } {
  const file = join(temporaryFolder(), 'metadata.xml');
  writeFileSync(file, xml);
  return { file };
}

async function open(...applications: ConfiguredApplication[]) {
  const told = metadataPorts((await openDurable()).durable);
  return { ...told, parties: await createParties({ applications, ports: told.ports }) };
}

const shown =
  '<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">Library</mdui:DisplayName><mdui:InformationURL xml:lang="en">https://lib.example.org/</mdui:InformationURL></mdui:UIInfo></md:Extensions>';

describe('applications configured one by one', () => {
  it('are found by entityID and by id', async () => {
    const two = document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })]));
    const { parties } = await open(
      application('alone', { metadata: fileOf(document(entity({ entityId: 'urn:x' }))) }),
      application('chosen', { metadata: fileOf(two), entityId: 'urn:b' }),
    );
    expect(await parties.party('urn:x')).toMatchObject({ application: 'alone', provider: { entityId: 'urn:x' } });
    expect(await parties.ofApplication('chosen')).toMatchObject({ provider: { entityId: 'urn:b' } });
    expect(await parties.party('urn:a')).toBeUndefined();
    expect(await parties.ofApplication('absent')).toBeUndefined();
    expect(await parties.application('alone')).toBeUndefined();
    expect(parties.health()).toMatchObject([{ application: 'alone', providers: 1 }, { providers: 2 }]);
    await parties.close();
  });

  it('are all reported at the start, where the operator must put something right', async () => {
    const several = fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })])));
    const same = fileOf(document(entity({ entityId: 'urn:x' })));
    const missing = open(
      application('gone', { metadata: { file: '/nowhere/sp.xml' } }),
      application('broken', { metadata: fileOf('<x/>') }),
    );
    await expect(missing).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message:
        "applications.gone.saml.metadata: the file /nowhere/sp.xml can't be read: ENOENT\n" +
        'applications.broken.saml.metadata: it is x, not an EntityDescriptor or EntitiesDescriptor of SAML 2.0',
    });
    const unclear = open(
      application('several', { metadata: several }),
      application('other', { metadata: several, entityId: 'urn:c' }),
      application('one', { metadata: same }),
      application('two', { metadata: same }),
    );
    await expect(unclear).rejects.toMatchObject({
      message:
        'applications.several.saml.metadata: describes 2 service providers: say which by entityId, or all by federation: true\n' +
        'applications.other.saml.metadata: describes no service provider urn:c that can be used\n' +
        'applications.two.saml.entityId: is urn:x, as applications.one is',
    });
  });

  it('may be unavailable until the network brings their metadata', async () => {
    const server = await metadataServer();
    const { parties, logged } = await open(
      application('far', { metadata: { url: `${server.url}/sp`, certificate: federation.certificatePem } }),
    );
    expect(await parties.party('https://sp.example.org/metadata')).toBeUndefined();
    expect(logged.join('\n')).toContain('metadata not loaded');
    server.documents.set('/sp', signed(entity(), federation.privateKey));
    await parties.refresh();
    expect(await parties.party('https://sp.example.org/metadata')).toMatchObject({ application: 'far' });
    await parties.close();
  });
});

describe('members of a federation', () => {
  it('are applications of their own, which inherit what is configured', async () => {
    const { parties } = await open(
      application('fed', {
        federation: true,
        metadata: fileOf(
          document(
            group([
              entity({ entityId: 'https://lib.example.org/sp', role: shown }),
              entity({ entityId: 'urn:plain:sp' }),
            ]),
          ),
        ),
      }),
    );
    const id = 'fed:https://lib.example.org/sp';
    expect(await parties.party('https://lib.example.org/sp')).toMatchObject({ application: id });
    expect(await parties.ofApplication(id)).toMatchObject({ application: id });
    const member = await parties.application(id);
    expect(member).toMatchObject({
      ...{ id, door: 'saml', consent: 'ask', internal: false, released: ['mail'] },
      name: { en: 'Library' },
      homepage: 'https://lib.example.org/',
      settings: { federation: true },
    });
    expect(member).not.toHaveProperty('description');
    expect(await parties.application(id)).toBe(member);
    expect(await parties.application('fed:urn:plain:sp')).toMatchObject({ name: 'urn:plain:sp' });
    expect(await parties.application('fed:urn:absent')).toBeUndefined();
    expect(await parties.application('other:urn:plain:sp')).toBeUndefined();
    expect(await parties.ofApplication('fed')).toBeUndefined();
    await parties.close();
  });

  it('give way to an application of that entityID, also while its own metadata is missing', async () => {
    const server = await metadataServer();
    const members = fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })])));
    const { parties } = await open(
      application('fed', { federation: true, metadata: members }),
      application('own', {
        entityId: 'urn:a',
        metadata: { url: `${server.url}/a`, certificate: federation.certificatePem },
      }),
    );
    expect(await parties.party('urn:a')).toBeUndefined();
    expect(await parties.application('fed:urn:a')).toBeUndefined();
    server.documents.set('/a', signed(entity({ entityId: 'urn:a' }), federation.privateKey));
    await parties.refresh();
    expect(await parties.party('urn:a')).toMatchObject({ application: 'own' });
    expect(await parties.ofApplication('fed:urn:a')).toBeUndefined();
    expect(await parties.party('urn:b')).toMatchObject({ application: 'fed:urn:b' });
    await parties.close();
  });

  it('come by hundreds in an aggregate, verified and read beside the serving process', async () => {
    const server = await metadataServer();
    server.documents.set('/all', aggregate(300, provider, federation, '2026-12-01T00:00:00Z'));
    const { parties } = await open(
      application('fed', {
        federation: true,
        metadata: { url: `${server.url}/all`, certificate: federation.certificatePem },
      }),
    );
    // The start waits only for a while: this, until it has come.
    await parties.refresh();
    for (const index of [0, 150, 299]) {
      const entityId = aggregateId(index);
      expect(await parties.party(entityId)).toMatchObject({ application: `fed:${entityId}`, provider: { entityId } });
    }
    expect(await parties.party(aggregateId(300))).toBeUndefined();
    expect(parties.health()).toMatchObject([{ providers: 300 }]);
    await parties.close();
  });
});
