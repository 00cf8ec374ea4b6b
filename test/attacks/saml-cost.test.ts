import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XML_SHAPE } from '../../src/core/xml-bounds.ts';
import { container, packageOf } from '../../src/factors/totp/tokens/testing/pskc.ts';
import { SMALL } from '../../src/saml/metadata/load.ts';
import { HEAVIEST, heavy, heavyMetadata, type Weights } from '../../src/saml/testing/heavy.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { post, sign } from '../../src/saml/testing/messages.ts';
import { Client, type Reply } from '../support/client.ts';
import { SamlSite } from '../support/saml-site.ts';
import { stage } from '../support/scene.ts';

/** What strangers' XML costs the thread that serves everybody, beside an ordinary request of the same kind. */

const site = await SamlSite.start();
const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: { wiki: { name: 'wiki', saml: { metadata: { file: site.metadata('wiki') } } } },
  },
}));
afterAll(() => site.close());

/** How much more than an ordinary request a stranger's may cost. */
const MULTIPLE = 15;

let stranger: Identity;
/** What an ordinary signed request costs. */
let usual: number;
beforeAll(async () => {
  stranger = await createIdentity();
  await cost(ordinary);
  usual = await cost(ordinary, 60);
});

/** Processor time of this thread, which the gateway shares with the test: microseconds for each of so many runs. */
async function cost(run: () => Promise<unknown>, times = 15): Promise<number> {
  // Some systems count in steps of milliseconds: only the sum of many runs says something.
  const before = process.threadCpuUsage();
  for (let n = 0; n < times; n++) await run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / times;
}

const gateway = () => scene.gateway.url;
const send = (path: string, body: string): Promise<Reply> =>
  new Client().post(`${gateway()}${path}`, body, {
    from: site.url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

/** What the log says of the message that was refused last. */
const refused = () => scene.gateway.logs.findLast(({ message }) => message === 'SAML message refused')?.fields;

const about = () => ({ issuer: site.entityId('wiki'), instant: Date.now(), destination: `${gateway()}/saml/sso` });
const ordinary = () => site.post(new Client(), 'wiki', gateway(), { signed: true });

/** As it was reported: 24 kB, some of it to be looked up for each of the rest. */
const REPORTED: Weights = { elements: 250, attributes: 0, declarations: 800, prefixes: 1500, depth: 1 };

describe('a message with a signature of nobody’s', () => {
  it.each<[string, Weights]>([
    ['1,500 prefixes and 800 declarations', REPORTED],
    ['one declaration too many', { ...HEAVIEST, declarations: HEAVIEST.declarations + 10 }],
    ['one prefix too many', { ...HEAVIEST, prefixes: HEAVIEST.prefixes + 1 }],
    ['elements too deep', { ...HEAVIEST, depth: HEAVIEST.depth + 10 }],
    ['too many elements', { ...HEAVIEST, elements: HEAVIEST.elements + 100 }],
    ['too many attributes', { ...HEAVIEST, elements: 30, attributes: 99, depth: 1 }],
  ])('is refused before it is parsed with %s', async (_, weights) => {
    const body = post(heavy(weights, stranger, about()));
    expect(await cost(async () => expect((await send('/saml/sso', body)).status).toBe(400))).toBeLessThan(3 * usual);
    expect(refused()).toMatchObject({ fault: 'size' });
  });

  it.each<[string, Partial<Weights>]>([
    ['deep', {}],
    ['wide', { depth: 1 }],
    ['full of attributes', { depth: 1, elements: 20, attributes: 95 }],
  ])('costs little where it keeps to the bounds: %s', async (_, change) => {
    const body = post(heavy({ ...HEAVIEST, ...change }, stranger, about()));
    expect(await cost(() => send('/saml/sso', body))).toBeLessThan(MULTIPLE * usual);
    // It is the key that was wrong: nothing that the signature refers to was looked at.
    expect(refused()).toMatchObject({
      fault: 'signature',
      detail: expect.stringMatching(/keys/),
    });
  });

  it('costs as little of somebody unknown, and at the other endpoint', async () => {
    const unknown = post(heavy(HEAVIEST, stranger, { ...about(), issuer: 'https://nobody.example' }));
    expect(await cost(() => send('/saml/sso', unknown))).toBeLessThan(MULTIPLE * usual);
    expect(refused()).toMatchObject({ fault: 'issuer' });
    expect(await cost(() => send('/saml/slo', unknown))).toBeLessThan(MULTIPLE * usual);
  });

  it('isn’t needed for an ordinary one to pass: one of eIDAS’ size is signed and read', async () => {
    const attributes = Array.from(
      { length: 60 },
      (_, n) => `<x:a xmlns:x="urn:x" Name="urn:${n}"><x:v>${n}</x:v></x:a>`,
    );
    const xml = site.question('wiki', gateway(), {
      subject: `<samlp:Extensions>${attributes.join('')}</samlp:Extensions>`,
    });
    const reply = await send('/saml/sso', post(sign(xml, site.identity)));
    expect(reply.status).toBe(303);
  });
});

describe('metadata of somebody else’s', () => {
  it('costs the serving thread next to nothing, whatever is in it', async () => {
    const file = join(site.folder, 'heavy.xml');
    writeFileSync(file, heavyMetadata(SMALL / 2, stranger));
    const certificate = join(site.folder, 'certificate.pem');
    writeFileSync(certificate, stranger.certificatePem);
    const look = () => scene.gateway.command('saml import', [file], { certificate }).catch(String);
    // The key is right: all of it is canonicalised before it turns out to be something else.
    expect(await look()).toContain('Refused: the digest is of something else');
    const whole = process.cpuUsage();
    const serving = await cost(look, 1);
    const { user, system } = process.cpuUsage(whole);
    expect(serving).toBeLessThan((user + system) / 2);
  });
});

describe('a file of tokens', () => {
  it('is bounded before it is parsed, and read beside the serving thread', async () => {
    const deep = container(packageOf({ policy: `${'<a>'.repeat(XML_SHAPE.depth)}${'</a>'.repeat(XML_SHAPE.depth)}` }));
    const bring = (text: string) => scene.gateway.command('tokens import', [], {}, text).catch(String);
    expect(String(await bring(deep))).toContain(`nested more than ${XML_SHAPE.depth} deep`);
    const many = container(packageOf({ algorithm: 'urn:another' }).repeat(2000));
    const whole = process.cpuUsage();
    const serving = await cost(() => bring(many), 1);
    const { user, system } = process.cpuUsage(whole);
    expect(serving).toBeLessThan((user + system) / 2);
  });
});
