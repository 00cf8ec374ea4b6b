import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { SamlSite } from '../support/saml-site.ts';

/** A service provider's operator begins to publish metadata in another application's name. */

const site = await SamlSite.start();
afterAll(() => site.close());

describe('metadata that begins to describe another application', () => {
  it('gets none of its assertions, now or after a restart, and says so; what was good before goes on', async () => {
    const folder = temporaryFolder();
    const [vault, wiki] = [site.metadata('vault'), site.metadata('wiki')];
    const start = (ports?: Gateway['ports']) =>
      startGateway({
        folder,
        ...(ports && { ports }),
        withoutRelyingParty: true,
        config: {
          doors: { saml: {} },
          // The stranger's comes first, and asks for more.
          applications: {
            wiki: { name: 'Wiki', saml: { metadata: { file: wiki }, attributes: ['mail', 'displayName'] } },
            vault: { name: 'Vault', saml: { metadata: { file: vault } } },
          },
          policy: { rules: [{ name: 'all', level: 'sfa' }] },
        },
      });
    let gateway = await start();
    await gateway.addUser('alice', { email: 'alice@example.org' });
    const stolen = readFileSync(vault, 'utf8').replaceAll('/vault/acs', '/wiki/acs');
    writeFileSync(wiki, stolen);

    const signIn = async (id: string) => {
      const person = new PersonAtBrowser(gateway);
      const page = await person.client.open(site.address(id, gateway.url));
      return site.answer(await person.password(page, 'alice', PASSWORD));
    };
    const isSafe = async () => {
      expect(await signIn('vault')).toMatchObject({
        acs: `${site.url}/vault/acs`,
        status: ['Success'],
        attributes: {},
      });
      expect(await signIn('wiki')).toMatchObject({ acs: `${site.url}/wiki/acs`, status: ['Success'] });
    };
    // By command it is looked at at once, and not taken either.
    await expect(gateway.command('saml repin', ['wiki'])).rejects.toThrow(
      `Refused: it is ${site.entityId('vault')}, which is applications.vault’s`,
    );
    await isSafe();
    await gateway.close();
    gateway = await start(gateway.ports);
    await isSafe();
    const told = gateway.logs.filter(({ level, message }) => level === 'error' && message.startsWith('metadata'));
    expect(told[0]?.fields).toMatchObject({
      application: 'wiki',
      reason: expect.stringContaining(`describes ${site.entityId('vault')} in the place of ${site.entityId('wiki')}`),
    });

    // An application of its own new entityID is moved by whoever runs the gateway.
    site.metadata('moved');
    writeFileSync(wiki, readFileSync(site.metadata('moved')));
    expect(await gateway.command('saml repin', ['wiki'])).toEqual([
      `wiki is ${site.entityId('moved')}, and no longer ${site.entityId('wiki')}.`,
    ]);
    expect(await signIn('moved')).toMatchObject({ acs: `${site.url}/moved/acs`, status: ['Success'] });
    await gateway.close();
  });
});
