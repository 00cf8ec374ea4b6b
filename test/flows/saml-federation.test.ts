import { afterAll, describe, expect, it } from 'vitest';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { asksPassword, asksToEnrol, type Someone, stage } from '../support/scene.ts';

const MFA = 'https://refeds.org/profile/mfa';

const site = await SamlSite.start();
const MEMBERS = {
  atlas: { displayName: 'Atlas of Dialects' },
  herbarium: { displayName: 'Herbarium &amp; Seeds' },
  single: { displayName: 'One of its own' },
};
const scene = stage(() => {
  const file = site.metadata('federation', MEMBERS);
  return {
    config: {
      doors: { saml: {} },
      applications: {
        edugate: {
          name: 'Federation',
          saml: { metadata: { file }, federation: true, attributes: ['displayName'] },
        },
        own: { name: 'Own', saml: { metadata: { file }, entityId: site.entityId('single') } },
      },
      policy: {
        rules: [
          { name: 'federation', applications: ['edugate', 'courses'], level: 'mfa', remember: '30d' },
          { name: 'own', applications: ['own', 'library'], level: 'sfa' },
          { name: 'account', applications: ['sallyport-account', 'payroll'], level: 'sfa' },
        ],
      },
    },
  };
});
afterAll(() => site.close());

const ask = ({ client }: Someone, id: string, asked: Question = {}) =>
  client.open(site.address(id, scene.gateway.url, asked));

describe('members of a federation', () => {
  it('sign in by the rules of their federation, each under its own name', async () => {
    const someone = await scene.newcomer();
    const page = await ask(someone, 'atlas');
    expect(asksPassword(page)).toBe(true);
    expect(page.text).toContain('Continue to Atlas of Dialects');
    const enrolment = await someone.password(page, someone.username);
    expect(asksToEnrol(enrolment)).toBe(true);
    const first = site.answer(await someone.remember(await someone.enrol(enrolment), 'no'));
    expect(first).toMatchObject({ status: ['Success'], classRef: MFA, attributes: { displayName: 'Person 1' } });

    // What was proven for one counts for the other: policy knows both by the federation's id.
    const second = site.answer(await ask(someone, 'herbarium'));
    expect(second).toMatchObject({ status: ['Success'], classRef: MFA });
    expect(second.nameId).not.toBe(first.nameId);
    expect(second.sessionIndex).not.toBe(first.sessionIndex);
    expect(second.xml).toContain(`<saml:Audience>${site.entityId('herbarium')}</saml:Audience>`);

    const audited = () =>
      scene.audit().flatMap(({ event, application }) => (event === 'assertion.issued' ? application : []));
    await expect.poll(audited).toEqual([`edugate:${site.entityId('atlas')}`, `edugate:${site.entityId('herbarium')}`]);
  });

  it('one that is configured by itself goes by its own rules', async () => {
    const someone = await scene.newcomer();
    const page = await ask(someone, 'single');
    expect(page.text).toContain('Continue to Own');
    expect(site.answer(await someone.password(page, someone.username)).status).toEqual(['Success']);
    // And the password isn't enough for the others.
    expect(site.answer(await ask(someone, 'atlas', { passive: true })).status).toEqual(['Responder', 'NoPassive']);
  });

  it('are no way round the rules for whoever edits the address', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const { client } = someone;
    const { location } = await client.get(site.address('atlas', scene.gateway.url));
    expect(location?.searchParams.get('client_id')).toBe(`edugate:${site.entityId('atlas')}`);
    const others = ['own', `own:${site.entityId('atlas')}`, 'edugate:nobody', `edugate:${site.entityId('single')}`];
    for (const id of others) {
      const address = new URL(location ?? '');
      address.searchParams.set('client_id', id);
      const page = await client.open(address);
      expect(page.status).toBe(400);
      expect(page.body).not.toContain('SAMLResponse');
    }
  });

  it('are named where a sign-out couldn’t reach them', async () => {
    const someone = await scene.member({ remember: 'yes' });
    for (const id of ['atlas', 'herbarium']) expect(site.answer(await ask(someone, id)).status).toEqual(['Success']);
    await someone.begin('library');
    const { client } = someone;
    // An application that asks has its person back: this sign-out is our own.
    const asked = await client.open(`${scene.gateway.url}/logout`);
    const left = await client.follow(await client.submit(asked, {}, { action: '/logout/confirm' }));
    expect(left.text).toContain('Atlas of Dialects');
    expect(left.text).toContain('Herbarium & Seeds');
    expect(left.body).toContain('Herbarium &amp; Seeds');
  });
});
