import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { DAYS, MINUTES } from '../support/clock.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { SamlSite } from '../support/saml-site.ts';

/** Files that others write end, break and vanish: who signs in elsewhere doesn't notice, and whoever looks is told. */

const site = await SamlSite.start();
afterAll(() => site.close());

const validUntil = (file: string, at: number) =>
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /<md:EntityDescriptor (?:validUntil="[^"]*" )?/,
      `<md:EntityDescriptor validUntil="${new Date(at).toISOString()}" `,
    ),
  );

function start(folder: string, files: Record<string, string>, ports?: Gateway['ports']) {
  return startGateway({
    folder,
    ...(ports && { ports }),
    withoutRelyingParty: true,
    config: {
      doors: { saml: {} },
      applications: Object.fromEntries(
        Object.entries(files).map(([id, file]) => [
          id,
          { name: `The ${id}`, saml: { metadata: { file }, attributes: ['mail', 'displayName'] } },
        ]),
      ),
      policy: { rules: [{ name: 'all', level: 'sfa' }] },
    },
  });
}

/** What the management port answers. */
async function management(gateway: Gateway, path: string): Promise<string> {
  const server = createServer(gateway.app.management).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  server.closeAllConnections();
  server.close();
  return text;
}

const signIn = async (gateway: Gateway, id: string) => {
  const person = new PersonAtBrowser(gateway);
  const page = await person.client.open(site.address(id, gateway.url, { instant: gateway.now() }));
  return page.status === 200 ? site.answer(await person.password(page, 'alice', PASSWORD)) : page;
};

describe('metadata that ends, breaks or is gone', () => {
  it('makes its own application unavailable, nobody else’s, and says which, why and since when', async () => {
    const folder = temporaryFolder();
    const ids = ['wiki', 'journal', 'ledger', 'vault'];
    const files = Object.fromEntries(ids.map((id) => [id, site.metadata(id)]));
    const [journal = '', ledger = ''] = [files.journal, files.ledger];
    validUntil(journal, Date.now() + 2 * DAYS);
    let gateway = await start(folder, files);
    await gateway.addUser('alice', { email: 'alice@example.org' });
    expect(await signIn(gateway, 'journal')).toMatchObject({ status: ['Success'] });
    const told = () => gateway.logs.filter(({ fields }) => 'application' in fields && 'state' in fields);
    expect(told()).toMatchObject([{ level: 'warn', fields: { application: 'journal', state: 'ending' } }]);

    // A toolkit's file is gone, another's is half written; the gateway starts again all the same.
    await gateway.close();
    writeFileSync(ledger, '<half');
    gateway = await start(folder, { ...files, vault: '/nowhere/vault.xml' }, gateway.ports);
    expect(await signIn(gateway, 'wiki')).toMatchObject({ status: ['Success'] });
    // What was good before goes on.
    expect(await signIn(gateway, 'ledger')).toMatchObject({ status: ['Success'] });
    const health = async () => JSON.parse(await management(gateway, '/health'));
    expect(await health()).toMatchObject({
      status: 'ready',
      applications: [
        { application: 'journal', state: 'ending', until: expect.any(String) },
        { application: 'ledger', state: 'stale', reason: expect.stringMatching(/renewed/), since: expect.any(String) },
        {
          application: 'vault',
          state: 'unavailable',
          reason: expect.stringMatching(/ENOENT/),
          since: expect.any(String),
        },
      ],
    });

    // And then the first one ends.
    gateway.advance(3 * DAYS);
    const refused = (await signIn(gateway, 'journal')) as Awaited<ReturnType<PersonAtBrowser['begin']>>;
    expect(refused.status).toBe(503);
    expect(refused.text).toMatch(/What The journal has told us about itself was valid until \d+ \w+ \d{4}/);
    expect(refused.body).toMatch(/<time datetime="[^"]+" data-local="day">/);
    expect(refused.text).toContain('The application has to put this right');
    expect(refused.body).not.toContain('SAMLResponse');
    expect(gateway.logs.findLast(({ message }) => message === 'SAML message refused')?.fields).toMatchObject({
      fault: 'metadata',
      detail: expect.stringMatching(/^journal: its metadata expired on /),
    });
    // The one that isn't there says so as well, to those who mean it.
    const vault = await new PersonAtBrowser(gateway).client.open(
      site.address('vault', gateway.url, { instant: gateway.now() }),
    );
    expect(vault.status).toBe(400);

    const metrics = await management(gateway, '/metrics');
    expect(metrics).toContain('sallyport_application_trouble{application="journal",state="unavailable"} 1');
    expect(metrics).toContain('sallyport_application_trouble{application="ledger",state="stale"} 1');
    expect(metrics).not.toContain('sallyport_application_trouble{application="wiki"');
    expect((await health()).applications[0]).toMatchObject({
      ...{ application: 'journal', state: 'unavailable' },
      reason: expect.stringMatching(/^its metadata expired on .*/),
      since: expect.any(String),
    });
    const explained = await gateway.command('policy explain', [], { account: 'alice', application: 'journal' });
    expect(explained.at(-1)).toMatch(/^applications\.journal is unavailable since .*: its metadata expired on/);

    // Once its writer has renewed it, it works.
    validUntil(journal, gateway.now() + 60 * DAYS);
    await gateway.command('saml repin', ['journal']);
    expect(await signIn(gateway, 'journal')).toMatchObject({ status: ['Success'] });
    await gateway.close();
  });

  it('is told too where it had ended before the first start, and while somebody is under way', async () => {
    const folder = temporaryFolder();
    const files = { late: site.metadata('late'), soon: site.metadata('soon') };
    validUntil(files.late, Date.now() - DAYS);
    validUntil(files.soon, Date.now() + 10 * MINUTES);
    const gateway = await start(folder, files);
    await gateway.addUser('alice');
    const person = new PersonAtBrowser(gateway);
    const late = await person.client.open(site.address('late', gateway.url));
    expect([late.status, late.text]).toEqual([503, expect.stringContaining('The late has told us')]);
    const page = await person.client.open(site.address('soon', gateway.url));
    expect(page.status).toBe(200);
    gateway.advance(11 * MINUTES);
    const ended = await person.password(page, 'alice', PASSWORD);
    expect([ended.status, ended.text]).toEqual([503, expect.stringContaining('The soon has told us')]);
    await gateway.close();
  });
});

describe('attributes that are asked for by basic names', () => {
  it('are sent by those names; what nobody knows is told, and so is an assertion with nothing in it', async () => {
    const folder = temporaryFolder();
    const asking = (id: string, ...names: string[]) => site.metadata(id, { [id]: { requests: { 0: names } } });
    const files = { forge: asking('forge', 'email', 'Full_Name', 'shoeSize'), empty: asking('empty', 'urn:x:y') };
    const gateway = await start(folder, files);
    await gateway.addUser('alice', { name: 'Alice A', email: 'alice@example.org' });
    const answer = await signIn(gateway, 'forge');
    if (!('xml' in answer)) throw new Error('no answer');
    expect(answer.attributes).toEqual({ mail: 'alice@example.org', displayName: 'Alice A' });
    const unspecified = 'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"';
    expect(answer.xml).toContain(`FriendlyName="mail" Name="email" ${unspecified}`);
    expect(answer.xml).toContain(`FriendlyName="displayName" Name="Full_Name" ${unspecified}`);
    expect(await signIn(gateway, 'empty')).toMatchObject({ status: ['Success'], attributes: {} });
    const told = gateway.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(told).toEqual([
      'applications.forge is incomplete: its metadata requests attributes that aren’t known here: shoeSize',
      'applications.empty is incomplete: its metadata requests attributes that aren’t known here: urn:x:y',
      'applications.empty is incomplete: none of its 2 attributes is sent: its metadata requests others',
      'an assertion without any of its attributes',
    ]);
    const seen = await gateway.command('saml import', [files.forge]);
    expect(seen.join('\n')).toContain('warning: it requests attributes that aren’t known here: shoeSize');
    expect(seen.join('\n')).toContain('# attributes: [mail, displayName]');
    await gateway.close();
  });
});
