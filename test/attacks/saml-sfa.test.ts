import { afterAll, expect, it } from 'vitest';
import { SamlSite } from '../support/saml-site.ts';
import { stage } from '../support/scene.ts';

const SFA = 'https://refeds.org/profile/sfa';
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified';

const site = await SamlSite.start();
const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: { survey: { name: 'Survey', saml: { metadata: { file: site.metadata('survey') } } } },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
    passwordPolicy: { profiles: { classic: { groups: ['registry'] } } },
  },
}));
afterAll(() => site.close());

/** Which class a service provider is told that asked for these. */
async function told(groups: string, classes?: readonly string[]) {
  const someone = await scene.newcomer({ groups });
  const asked = await someone.client.open(site.address('survey', scene.gateway.url, classes ? { classes } : {}));
  const page = await someone.password(asked, someone.username);
  return site.isHere(page) ? site.answer(page).classRef : page.text;
}

it('a password below REFEDS SFA’s table is said to be of that class to nobody', async () => {
  expect(await told('students')).toBe(SFA);
  expect(await told('students', [SFA])).toBe(SFA);
  expect(await told('registry')).toBe(UNSPECIFIED);
  expect(await told('registry', [SFA])).toContain('a stronger sign-in than your methods can give');
  expect(await told('registry', [SFA, UNSPECIFIED])).toBe(UNSPECIFIED);
  expect(await told('students', [SFA, UNSPECIFIED])).toBe(SFA);
});
