import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDurable } from '../../../../test/support/durable.ts';
import { temporaryFolder } from '../../../../test/support/folders.ts';
import { aggregate, aggregateId } from '../../../saml/metadata/testing/aggregate.ts';
import { document, entity, group, signed } from '../../../saml/metadata/testing/documents.ts';
import { metadataPorts } from '../../../saml/metadata/testing/ports.ts';
import { metadataServer } from '../../../saml/metadata/testing/server.ts';
import { createIdentity, type Identity } from '../../../saml/testing/identity.ts';
import { samlApplication } from '../settings.ts';
import type { ConfiguredApplication } from './configured.ts';
import { createParties } from './registry.ts';

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

/** A database on which the door is opened again and again. */
async function reopenable() {
  const told = metadataPorts((await openDurable()).durable);
  const start = (...applications: ConfiguredApplication[]) => createParties({ applications, ports: told.ports });
  return { ...told, start };
}

const END = { validUntil: '2026-12-01T00:00:00Z' };

const shown =
  '<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">Library</mdui:DisplayName><mdui:InformationURL xml:lang="en">https://lib.example.org/</mdui:InformationURL>' +
  // Too small, too wide, in the clear, no address, too large; the third is what a small picture is made of.
  [
    ['https://lib.example.org/16.png', 16, 16],
    ['https://lib.example.org/wide.png', 240, 60],
    ['https://lib.example.org/64.png', 64, 64],
    ['http://lib.example.org/48.png', 48, 48],
    ['javascript:alert(1)', 64, 64],
    ['https://lib.example.org/512.png', 512, 512],
  ]
    .map(([url, width, height]) => `<mdui:Logo width="${width}" height="${height}">${url}</mdui:Logo>`)
    .join('') +
  '</mdui:UIInfo></md:Extensions>';

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

  it('keep nobody else from starting where a document is missing, faulty or unclear', async () => {
    const several = fileOf(document(group([entity({ entityId: 'urn:a' }), entity({ entityId: 'urn:b' })])));
    const same = fileOf(document(entity({ entityId: 'urn:x' })));
    const { parties } = await open(
      application('gone', { metadata: { file: '/nowhere/sp.xml' } }),
      application('broken', { metadata: fileOf('<x/>') }),
      application('several', { metadata: several }),
      application('other', { metadata: several, entityId: 'urn:c' }),
      application('one', { metadata: same }),
      application('two', { metadata: same }),
    );
    expect(await parties.party('urn:x')).toMatchObject({ application: 'one' });
    for (const id of ['gone', 'broken', 'several', 'other', 'two'])
      expect(await parties.ofApplication(id)).toBeUndefined();
    expect(parties.health().map(({ failure }) => failure?.reason)).toEqual([
      "the file /nowhere/sp.xml can't be read: ENOENT",
      'it is x, not an EntityDescriptor or EntitiesDescriptor of SAML 2.0',
      'describes 2 service providers: say which by entityId, or all by federation: true',
      undefined,
      undefined,
      'it is urn:x, which is applications.one’s',
    ]);
    await parties.close();
  });

  it('may be unavailable until the network brings their metadata', async () => {
    const server = await metadataServer();
    const { parties, logged } = await open(
      application('far', { metadata: { url: `${server.url}/sp`, certificate: federation.certificatePem } }),
    );
    expect(await parties.party('https://sp.example.org/metadata')).toBeUndefined();
    expect(logged.join('\n')).toContain('metadata not loaded');
    server.documents.set('/sp', signed(entity(), federation.privateKey, END));
    await parties.refresh();
    expect(await parties.party('https://sp.example.org/metadata')).toMatchObject({ application: 'far' });
    await parties.close();
  });
});

describe('one entity, one owner', () => {
  const claims = (metadata: object, ...ids: string[]) =>
    writeFileSync(
      (metadata as { file: string }).file,
      document(
        ids.length === 1 ? entity({ entityId: ids[0] ?? '' }) : group(ids.map((entityId) => entity({ entityId }))),
      ),
    );
  const vault = () => fileOf(document(entity({ entityId: 'urn:vault', certificates: [provider.certificate] })));
  const wiki = () => fileOf(document(entity({ entityId: 'urn:wiki' })));

  it('stays with the application that had it first, whatever another’s document says later, and over restarts', async () => {
    const { start, audited, logged } = await reopenable();
    const [own, others] = [vault(), wiki()];
    // The attacker's comes first in the configuration, and so would be read first.
    const both = [application('wiki', { metadata: others }), application('vault', { metadata: own })] as const;
    const first = await start(...both);
    claims(others, 'urn:vault');
    const isSafe = async (parties: typeof first) => {
      expect(await parties.party('urn:vault')).toMatchObject({
        application: 'vault',
        provider: { signingCertificates: [provider.certificate] },
      });
      // What was good before stays.
      expect(await parties.party('urn:wiki')).toMatchObject({ application: 'wiki' });
      expect(await parties.ofApplication('wiki')).toMatchObject({ provider: { entityId: 'urn:wiki' } });
    };
    await first.refresh();
    await isSafe(first);
    await first.close();
    const second = await start(...both);
    await isSafe(second);
    await second.close();
    expect(audited.filter(({ event }) => event === 'metadata.claim-refused')).toMatchObject([
      {
        application: 'wiki',
        claimed: 'urn:vault',
        reason: expect.stringMatching(/in the place of urn:wiki.*saml repin/),
      },
      { application: 'wiki', claimed: 'urn:vault' },
    ]);
    expect(logged.join('\n')).toMatch(/metadata not loaded.*urn:vault in the place of urn:wiki/);
  });

  it('is also nobody’s to take while its owner’s metadata is away, and of an application that comes new', async () => {
    const { start } = await reopenable();
    const own = vault();
    const first = await start(application('vault', { metadata: own }));
    await first.close();
    claims(own, 'urn:else');
    const thief = application('thief', { metadata: vault() });
    const members = application('fed', { federation: true, metadata: vault() });
    const second = await start(thief, members, application('vault', { metadata: own }));
    expect(await second.party('urn:vault')).toMatchObject({ application: 'vault' });
    expect(await second.ofApplication('thief')).toBeUndefined();
    expect(await second.ofApplication('fed:urn:vault')).toBeUndefined();
    await second.close();
  });

  it('belongs to the application that has it configured, whoever had it before', async () => {
    const { start } = await reopenable();
    const [one, two] = [vault(), vault()];
    const first = await start(application('one', { metadata: one }));
    expect(await first.party('urn:vault')).toMatchObject({ application: 'one' });
    await first.close();
    const second = await start(
      application('one', { metadata: one }),
      application('two', { metadata: two, entityId: 'urn:vault' }),
    );
    expect(await second.party('urn:vault')).toMatchObject({ application: 'two' });
    expect(await second.ofApplication('one')).toBeUndefined();
    expect(second.health()[0]?.failure?.reason).toBe('it is urn:vault, which is applications.two’s');
    await second.close();
  });

  it('is found among several where a document has grown since', async () => {
    const { start } = await reopenable();
    const file = wiki();
    const parties = await start(application('wiki', { metadata: file }));
    claims(file, 'urn:a', 'urn:wiki');
    await parties.refresh();
    expect(await parties.ofApplication('wiki')).toMatchObject({ provider: { entityId: 'urn:wiki' } });
    expect(await parties.party('urn:a')).toBeUndefined();
    await parties.close();
  });

  it('moves by command, and not to what is another’s', async () => {
    const { start, audited } = await reopenable();
    const [own, others] = [vault(), wiki()];
    const parties = await start(application('vault', { metadata: own }), application('wiki', { metadata: others }));
    claims(others, 'urn:vault');
    await expect(parties.repin('wiki')).rejects.toThrow('it is urn:vault, which is applications.vault’s');
    expect(await parties.party('urn:wiki')).toMatchObject({ application: 'wiki' });
    claims(others, 'urn:wiki:2');
    await parties.refresh();
    expect(await parties.party('urn:wiki:2')).toBeUndefined();
    expect(await parties.repin('wiki')).toEqual({ from: 'urn:wiki', to: 'urn:wiki:2' });
    expect(await parties.party('urn:wiki:2')).toMatchObject({ application: 'wiki' });
    expect(await parties.party('urn:wiki')).toBeUndefined();
    expect(audited.at(-1)).toMatchObject({ event: 'metadata.repinned', by: 'cli', from: 'urn:wiki', to: 'urn:wiki:2' });
    for (const id of ['nobody', 'fed:urn:x']) await expect(parties.repin(id)).rejects.toThrow(/there is no/);
    await parties.close();
  });

  it('is read anew where the operator names another source', async () => {
    const { start } = await reopenable();
    const first = await start(application('wiki', { metadata: wiki() }));
    await first.close();
    const second = await start(application('wiki', { metadata: vault() }));
    expect(await second.party('urn:vault')).toMatchObject({ application: 'wiki' });
    expect(await second.party('urn:wiki')).toBeUndefined();
    await second.close();
  });

  it('is pinned once, however many nodes start at the same moment', async () => {
    const { start } = await reopenable();
    const nodes = await Promise.all(
      Array.from({ length: 4 }, (_, n) => start(application(n % 2 ? 'one' : 'two', { metadata: vault() }))),
    );
    const owners = await Promise.all(nodes.map(async (node) => (await node.party('urn:vault'))?.application));
    expect(new Set(owners.filter((owner) => owner !== undefined)).size).toBe(1);
    await Promise.all(nodes.map((node) => node.close()));
  });
});

describe('a member of two federations', () => {
  const federationOf = (id: string, ...ids: string[]) => {
    const metadata = fileOf(document(group(ids.map((entityId) => entity({ entityId })))));
    return { metadata, application: application(id, { federation: true, metadata }) };
  };

  it('stays with the one at which it was first met, until a command moves it', async () => {
    const { start } = await reopenable();
    const [first, second] = [federationOf('first', 'urn:a'), federationOf('second', 'urn:b')];
    const parties = await start(first.application, second.application);
    expect(await parties.party('urn:b')).toMatchObject({ application: 'second:urn:b' });
    writeFileSync(first.metadata.file, document(group([entity({ entityId: 'urn:b' }), entity({ entityId: 'urn:c' })])));
    await parties.refresh();
    expect(await parties.party('urn:b')).toMatchObject({ application: 'second:urn:b' });
    expect(await parties.party('urn:c')).toMatchObject({ application: 'first:urn:c' });
    writeFileSync(
      second.metadata.file,
      document(group([entity({ entityId: 'urn:d' }), entity({ entityId: 'urn:c' })])),
    );
    await parties.refresh();
    expect(await parties.party('urn:b')).toBeUndefined();
    expect(await parties.repin('first:urn:b')).toEqual({ from: 'second', to: 'first' });
    expect(await parties.party('urn:b')).toMatchObject({ application: 'first:urn:b' });
    await expect(parties.repin('second:urn:b')).rejects.toThrow(/describes no service provider urn:b/);
    await parties.close();
    const alone = await start(second.application);
    expect(await alone.party('urn:c')).toMatchObject({ application: 'second:urn:c' });
    await alone.close();
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
      icon: 'https://lib.example.org/64.png',
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
    server.documents.set('/a', signed(entity({ entityId: 'urn:a' }), federation.privateKey, END));
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
