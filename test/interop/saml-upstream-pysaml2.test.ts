import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { askedBy } from '../support/saml-upstream.ts';
import { wayTo } from '../support/upstream.ts';
import { type PyAnswered, PyIdentityProvider } from './pysaml2/identity-provider.ts';
import { signedMetadata } from './pysaml2/process.ts';

/** An identity provider on pysaml2 and xmlsec1, which share no code with ours: it reads our metadata and our requests. */

const MFA = 'https://refeds.org/profile/mfa';
const HOME = 'https://idp.partner.example';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-pysaml2-'));

let idp: PyIdentityProvider;
let gateway: Gateway;
let courses: RelyingParty;

beforeAll(async () => {
  const about = { entityId: `${HOME}/idp`, sso: `${HOME}/sso`, scope: 'partner.example' };
  idp = await PyIdentityProvider.start({ folder, ...about });
  const file = join(folder, 'partner.xml');
  writeFileSync(file, (await idp.order<{ xml: string }>('metadata')).xml);
  const ports = { gateway: await freePort(), relyingParty: await freePort() };
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      directories: {
        partner: {
          ...{
            type: 'saml',
            name: 'Partner Hospital',
            metadata: { file },
            entityId: about.entityId,
            key: 'persistent',
          },
          asks: { twoKinds: [MFA] },
          assurance: [{ class: [MFA], kinds: ['knowledge', 'possession'] }],
        },
      },
    },
  });
  const { body } = await new Client().open(`${gateway.url}/directories/partner/metadata`);
  await idp.order('trust', signedMetadata(folder, 'ours', body));
  courses = await RelyingParty.of(gateway, 'courses');
});

afterAll(async () => {
  await gateway?.close();
  idp?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function signIn(fields: Record<string, unknown> = {}) {
  const browser = new Client();
  const flow = await courses.begin();
  const page = await browser.open(flow.url);
  const { location } = await browser.get(new URL(wayTo(page.body, 'partner'), page.url));
  const { query, relayState } = askedBy(location);
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const told = await idp.order<PyAnswered>('answer', {
    ...{ message: parameters.SAMLRequest, parameters, classRef: MFA },
    attributes: { displayName: 'Ada Lovelace' },
    ...fields,
  });
  const form = { SAMLResponse: told.response, RelayState: relayState };
  const posted = await browser.post(told.destination, form, { from: HOME });
  const back = await browser.follow(posted, (next) => next.href.startsWith(courses.redirectUri));
  return { told, back, claims: async () => (await courses.exchange(flow, back.location)).claims() };
}

describe('pysaml2 as an identity provider', () => {
  it.each([
    ['its assertion', { sign: 'assertion' }],
    ['its response', { sign: 'response' }],
    ['both', { sign: 'both' }],
  ])('verifies our request, and is believed where it signs %s', async (_what, fields) => {
    const { told, claims } = await signIn(fields);
    expect(told.classes).toEqual([MFA]);
    expect(await claims()).toMatchObject({ acr: MFA, amr: ['mfa'] });
  });

  it('encrypts for the key of our metadata as xmlsec1 does by itself: AES-CBC, which is refused unless allowed', async () => {
    const { back } = await signIn({ sign: 'both', encrypt: true });
    expect(back.text).toContain('couldn’t be verified');
  });
});
