import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { application } from '../support/oidc-gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty, secretOf } from '../support/relying-party.ts';
import { wayTo } from '../support/upstream.ts';

/** Two gateways, each of a house of its own: people of the one enter applications of the other. */

const MFA = 'https://refeds.org/profile/mfa';
const folders = ['hospital', 'university'].map((name) => mkdtempSync(join(tmpdir(), `sallyport-${name}-`)));

let hospital: Gateway;
let university: Gateway;
let courses: RelyingParty;

beforeAll(async () => {
  const [at, site] = [await freePort(), await freePort()];
  const back = `http://localhost:${at}/return/directories/hospital`;
  hospital = await startGateway({
    ...{ folder: String(folders[0]), withoutRelyingParty: true },
    config: {
      applications: {
        university: application('university', {
          redirectUris: [back],
          scopes: ['openid', 'profile', 'email', 'groups'],
        }),
      },
      policy: { rules: [{ name: 'university', applications: ['university'], level: 'sfa' }] },
    },
  });
  await hospital.addUser('nurse', { name: 'Nora Nurse', groups: 'nurses' });
  university = await startGateway({
    ...{ folder: String(folders[1]), withoutRelyingParty: true, ports: { gateway: at, relyingParty: site } },
    config: {
      directories: {
        hospital: {
          ...{ type: 'oidc', name: 'Partner Hospital', issuer: hospital.url },
          ...{ clientId: 'university', clientSecret: secretOf('university'), scopes: ['profile', 'email', 'groups'] },
          asks: { twoKinds: { essentialAcr: [MFA] } },
          assurance: [{ acr: [MFA], kinds: ['knowledge', 'possession'] }],
          groups: { map: { nurses: 'guests' } },
        },
      },
    },
  });
  courses = await RelyingParty.of(university, 'courses');
});

afterAll(async () => {
  await university?.close();
  await hospital?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Stops before the application. */
class Visitor extends Client {
  override follow(reply: Reply): Promise<Reply> {
    return super.follow(reply, (next) => next.href.startsWith(courses.redirectUri));
  }
}

it('what was proven at the one counts at the other, and the time of it', async () => {
  const browser = new Visitor();
  const person = new PersonAtBrowser(hospital, browser);
  const flow = await courses.begin();
  const page = await browser.open(flow.url);
  const there = await browser.open(new URL(wayTo(page.body, 'hospital'), page.url));
  expect(there.url.origin).toBe(hospital.url);
  const second = await person.password(there, 'nurse');
  expect(second.url.origin).toBe(hospital.url);
  // The application here asks for two factors, and so does this gateway of that one.
  const asked = await person.enrol(second);
  const back = asked.body.includes('name="remember"') ? await person.remember(asked, 'no') : asked;
  const claims = (await courses.exchange(flow, back.location)).claims();
  expect(claims).toMatchObject({ acr: MFA, amr: ['mfa'] });
  expect(Number(claims?.auth_time)).toBeGreaterThan(Date.now() / 1000 - 60);
});
