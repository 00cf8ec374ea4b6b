import { afterAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { Someone, stage } from '../support/scene.ts';

const NAME = 'urn:oid:2.16.840.1.113730.3.1.241';
const MAIL = 'urn:oid:0.9.2342.19200300.100.1.3';
const UID = 'urn:oid:0.9.2342.19200300.100.1.1';

const RESEARCH = 'http://refeds.org/category/research-and-scholarship';

const site = await SamlSite.start();
/** Settings that a test changes between two starts of the gateway. */
let attributes = ['uid'];
const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: {
      survey: {
        name: 'Survey',
        homepage: 'https://survey.example/',
        consent: 'ask',
        saml: { metadata: { file: site.metadata('survey') }, attributes },
      },
      // Whose requests choose between two services, each with attributes of its own.
      choosing: {
        name: 'Choosing',
        consent: 'ask',
        saml: {
          metadata: { file: site.metadata('choosing', { choosing: { requests: { 0: [UID], 1: [NAME, MAIL] } } }) },
          attributes: ['uid', 'displayName', 'mail'],
        },
      },
      mailed: { name: 'Mailed', saml: { metadata: { file: site.metadata('mailed') }, attributes: ['mail'] } },
      known: {
        name: 'Known',
        consent: 'ask',
        saml: { metadata: { file: site.metadata('known') }, nameId: 'emailAddress' },
      },
      // Research and scholarship names parts of the name; the telephone number is this institution's own decision.
      research: {
        name: 'Research',
        consent: 'ask',
        saml: {
          metadata: { file: site.metadata('research', { research: { categories: [RESEARCH] } }) },
          attributes: ['telephoneNumber'],
          entityCategories: ['research-and-scholarship'],
        },
      },
      bare: { name: 'Bare', consent: 'ask', saml: { metadata: { file: site.metadata('bare') } } },
    },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
afterAll(() => site.close());

const ask = ({ client }: Someone, id: string, asked: Question = {}): Promise<Reply> =>
  client.open(site.address(id, scene.gateway.url, asked));
const decide = async ({ client }: Someone, page: Reply, button: string): Promise<Reply> =>
  client.follow(await client.submit(page, {}, { button }));
const asksConsent = (page: Reply): boolean => page.body.includes('name="consent"');

async function signedIn(): Promise<Someone> {
  const someone = await scene.newcomer();
  await someone.enter('library');
  return someone;
}

describe('an application that asks the person before it is given anything', () => {
  it('asks once, in words, and remembers the answer', async () => {
    const someone = await scene.newcomer();
    const page = await someone.password(await ask(someone, 'survey', { relayState: 'r' }), someone.username);
    expect(asksConsent(page)).toBe(true);
    expect(page.text).toContain('Survey');
    expect(page.text).toContain('user name');
    expect(page.text).toContain('https://survey.example/');
    expect(page.text).not.toContain('urn:oid');
    const answer = site.answer(await decide(someone, page, 'Allow'));
    expect(answer).toMatchObject({ status: ['Success'], relayState: 'r', attributes: { uid: someone.username } });

    expect(site.answer(await ask(someone, 'survey')).status).toEqual(['Success']);
    expect(site.answer(await ask(someone, 'survey', { passive: true })).status).toEqual(['Success']);
    // At another browser too, and after the gateway was started again.
    const elsewhere = scene.elsewhere(someone);
    await elsewhere.enter('library');
    expect(site.answer(await ask(elsewhere, 'survey')).status).toEqual(['Success']);
    await expect.poll(() => scene.audit().map(({ event }) => event)).toContain('consent.given');
  });

  it('refused, tells the application so, and is asked again the next time', async () => {
    const someone = await signedIn();
    for (const _time of ['once', 'twice']) {
      const page = await ask(someone, 'survey');
      expect(asksConsent(page)).toBe(true);
      const answer = site.answer(await decide(someone, page, 'Cancel'));
      expect(answer.status).toEqual(['Responder', 'RequestDenied']);
      expect(answer.xml).not.toContain(someone.username);
    }
  });

  it('is never asked where nobody may be', async () => {
    const someone = await signedIn();
    expect(site.answer(await ask(someone, 'survey', { passive: true })).status).toEqual(['Responder', 'NoPassive']);
  });

  it('asks even where no attribute is released: to sign in somewhere tells something too', async () => {
    const someone = await signedIn();
    const page = await ask(someone, 'bare');
    expect(asksConsent(page)).toBe(true);
    expect(site.answer(await decide(someone, page, 'Allow')).status).toEqual(['Success']);
    expect(site.answer(await ask(someone, 'bare')).status).toEqual(['Success']);
  });

  it('covers the address, which is no less one as a name', async () => {
    const username = 'eve';
    const email = 'eve@university.example';
    await scene.gateway.command('user add', [username], { email, name: 'Eve' }, PASSWORD);
    const eve = new Someone(scene.gateway, username);
    await eve.enter('library');
    const nameIdPolicy = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/>';
    expect(site.answer(await ask(eve, 'mailed', { nameIdPolicy })).nameId).toBe(email);
    const page = await ask(eve, 'known');
    expect(page.text).toContain('email address');
    expect(site.answer(await decide(eve, page, 'Allow')).nameId).toBe(email);

    // Neither by name nor by asking who it is.
    expect(site.answer(await decide(eve, await ask(eve, 'bare'), 'Allow')).status).toEqual(['Success']);
    const refused = site.answer(await ask(eve, 'bare', { nameIdPolicy }));
    expect(refused.status).toEqual(['Requester', 'InvalidNameIDPolicy']);
    const subject = `<saml:Subject><saml:NameID>${email}</saml:NameID></saml:Subject>`;
    expect(site.answer(await ask(eve, 'bare', { subject })).status).toEqual(['Requester', 'UnknownPrincipal']);
    expect(site.answer(await ask(eve, 'mailed', { subject })).status).toEqual(['Success']);
  });

  it('names what the directory knows besides, and sends of that what there is', async () => {
    const options = { givenName: 'Marie', familyName: 'Curie', phone: '+33 1 2345 6789' };
    await scene.gateway.command('user add', ['marie'], { ...options, groups: 'faculty' }, PASSWORD);
    const marie = new Someone(scene.gateway, 'marie');
    await marie.enter('library');
    const page = await ask(marie, 'research');
    for (const word of ['given name', 'family name', 'phone number']) expect(page.text).toContain(word);
    const { xml, attributes: given } = site.answer(await decide(marie, page, 'Allow'));
    expect(given).toMatchObject({ displayName: 'Marie Curie', givenName: 'Marie', sn: 'Curie' });
    expect(given).toMatchObject({ telephoneNumber: '+33123456789' });
    for (const oid of ['2.5.4.42', '2.5.4.4', '2.5.4.20']) expect(xml).toContain(`Name="urn:oid:${oid}"`);
    expect(given).not.toHaveProperty('mail');
    const nameless = await signedIn();
    const other = site.answer(await decide(nameless, await ask(nameless, 'research'), 'Allow')).attributes;
    for (const name of ['givenName', 'sn', 'telephoneNumber']) expect(other).not.toHaveProperty(name);
  });

  it('needs the form that was shown', async () => {
    const someone = await signedIn();
    const page = await ask(someone, 'survey');
    const { action } = form(page.body);
    const forged = await someone.client.post(new URL(action, page.url), { consent: 'allow' });
    expect(forged.status).toBe(403);
    const own = form(page.body).fields;
    const elsewhere = await someone.client.post(
      new URL(action, page.url),
      { ...own, consent: 'allow' },
      { from: 'https://evil.example' },
    );
    expect(elsewhere.status).not.toBe(303);
    expect(asksConsent(await ask(someone, 'survey'))).toBe(true);
  });

  it('cannot be had for one service and used for another', async () => {
    const someone = await signedIn();
    const page = await ask(someone, 'choosing');
    expect(page.text).toContain('user name');
    const first = site.answer(await decide(someone, page, 'Allow'));
    expect(Object.keys(first.attributes)).toEqual(['uid']);
    const named = await ask(someone, 'choosing', { attributes: 'AttributeConsumingServiceIndex="1"' });
    // Whatever it names was asked about on the page before.
    const given = site.isHere(named) ? Object.keys(site.answer(named).attributes) : [];
    for (const word of given.length > 0 ? ['user name', 'name', 'email address'] : [])
      expect(page.text).toContain(word);
    expect(page.text).toContain('email address');
    expect(asksConsent(page)).toBe(true);
  });

  it('asks again when more is released than before, and not when less is', async () => {
    const someone = await signedIn();
    expect(site.answer(await decide(someone, await ask(someone, 'survey'), 'Allow')).status).toEqual(['Success']);
    attributes = ['uid', 'displayName'];
    await scene.restart();
    const again = scene.elsewhere(someone);
    await again.enter('library');
    expect(site.answer(await ask(again, 'survey', { passive: true })).status).toEqual(['Responder', 'NoPassive']);
    const page = await ask(again, 'survey');
    expect(asksConsent(page)).toBe(true);
    const { attributes: given } = site.answer(await decide(again, page, 'Allow'));
    expect(Object.keys(given)).toEqual(['uid', 'displayName']);
    attributes = ['displayName'];
    await scene.restart();
    const later = scene.elsewhere(someone);
    await later.enter('library');
    expect(Object.keys(site.answer(await ask(later, 'survey')).attributes)).toEqual(['displayName']);
  });
});
