import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { application } from '../support/oidc-gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty, secretOf } from '../support/relying-party.ts';
import { wayTo } from '../support/upstream.ts';

/** Two gateways, each of a house of its own: people of the one enter applications of the other, by either protocol. */

const MFA = 'https://refeds.org/profile/mfa';
const SFA = 'https://refeds.org/profile/sfa';
const BOTH = ['knowledge', 'possession'];
const folders = ['hospital', 'university'].map((name) => mkdtempSync(join(tmpdir(), `sallyport-${name}-`)));
const [home = '', here = ''] = folders;
const HOSPITAL = join(here, 'hospital.xml');
const UNIVERSITY = join(home, 'university.xml');

let hospital: Gateway;
let university: Gateway;
let library: RelyingParty;
let courses: RelyingParty;

beforeAll(async () => {
  const [at, site] = [await freePort(), await freePort()];
  const back = `http://localhost:${at}/return/directories/hospital`;
  const byOpenId = application('university', {
    redirectUris: [back],
    backchannelLogoutUri: `${back}/logout`,
    scopes: ['openid', 'profile', 'email', 'groups'],
  });
  const startHospital = (applications: object, ports?: Gateway['ports']) =>
    startGateway({
      ...{ folder: home, host: '127.0.0.1', withoutRelyingParty: true, ...(ports && { ports }) },
      config: {
        doors: { oidc: {}, saml: {} },
        applications: { university: byOpenId, ...applications },
        policy: { rules: [{ name: 'all', level: 'sfa' }] },
      },
    });
  hospital = await startHospital({});
  await hospital.addUser('nurse', { name: 'Nora Nurse', groups: 'nurses' });
  await hospital.addUser('porter', { name: 'Peter Porter' });
  writeFileSync(HOSPITAL, (await new Client().open(`${hospital.url}/saml/metadata`)).body);
  university = await startGateway({
    ...{ folder: here, withoutRelyingParty: true, ports: { gateway: at, relyingParty: site } },
    config: { directories: { hospital: byOpenIdOf(hospital.url), 'hospital-saml': bySaml(hospital.url) } },
  });
  writeFileSync(UNIVERSITY, (await new Client().open(`${university.url}/directories/hospital-saml/metadata`)).body);
  // Each reads the other's metadata: one of them comes second.
  await hospital.close();
  const saml = { metadata: { file: UNIVERSITY }, attributes: ['displayName', 'isMemberOf'] };
  hospital = await startHospital({ 'university-saml': { name: 'University', saml } }, hospital.ports);
  library = await RelyingParty.of(university, 'library');
  courses = await RelyingParty.of(university, 'courses');
});

const byOpenIdOf = (issuer: string) => ({
  ...{ type: 'oidc', name: 'Partner Hospital', issuer },
  ...{ clientId: 'university', clientSecret: secretOf('university'), scopes: ['profile', 'email', 'groups'] },
  asks: { twoKinds: { essentialAcr: [MFA] } },
  assurance: [{ acr: [MFA], kinds: BOTH }],
  groups: { map: { nurses: 'guests' } },
});

const bySaml = (issuer: string) => ({
  ...{ type: 'saml', name: 'Partner Hospital', metadata: { file: HOSPITAL }, entityId: `${issuer}/saml/metadata` },
  ...{ key: 'persistent', asks: { twoKinds: [MFA] }, assurance: [{ class: [MFA], kinds: BOTH }] },
});

afterAll(async () => {
  await university?.close();
  await hospital?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Stops before the application. */
class Visitor extends Client {
  override follow(reply: Reply): Promise<Reply> {
    const homes = [library.redirectUri, courses.redirectUri];
    return super.follow(reply, (next) => homes.some((one) => next.href.startsWith(one)));
  }
}

describe.each([
  ['OpenID Connect', 'hospital', 'nurse'],
  ['SAML', 'hospital-saml', 'porter'],
])('by %s', (_protocol, directory, username) => {
  it('what was proven at the one counts at the other, and the time of it, and more is asked for there', async () => {
    const browser = new Visitor();
    const person = new PersonAtBrowser(hospital, browser);
    const flow = await library.begin();
    const page = await browser.open(flow.url);
    const there = await browser.open(new URL(wayTo(page.body, directory), page.url));
    expect(there.url.origin).toBe(hospital.url);
    const back = await person.password(there, username);
    const first = (await library.exchange(flow, back.location)).claims();
    expect(first).toMatchObject({ acr: SFA, auth_time: expect.any(Number) });

    const stepUp = await courses.begin();
    const asked = await browser.open(stepUp.url);
    expect(asked.text).toContain('Courses asks for a second step');
    // The application here asks for two factors, and so does this gateway of that one, where they are signed in.
    const second = await browser.open(new URL(wayTo(asked.body, directory), asked.url));
    expect(second.url.origin).toBe(hospital.url);
    // Who has no method yet says once more who they are, for a first one to be set up.
    const fresh = second.body.includes('name="password"') ? await person.password(second, username) : second;
    const shown = await person.enrol(fresh);
    const done = shown.body.includes('name="remember"') ? await person.remember(shown, 'no') : shown;
    const claims = (await courses.exchange(stepUp, done.location)).claims();
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa'], sub: expect.any(String) });
    expect(Number(claims?.auth_time)).toBeGreaterThan(Date.now() / 1000 - 60);
  });
});

it('an end at the one is one at the other, told once, and doesn’t go round', async () => {
  const browser = new Visitor();
  const person = new PersonAtBrowser(hospital, browser);
  const flow = await library.begin();
  const page = await browser.open(flow.url);
  const back = await person.password(await browser.open(new URL(wayTo(page.body, 'hospital'), page.url)), 'nurse');
  await library.exchange(flow, back.location);
  const silently = async () => {
    const { location } = await browser.follow(await browser.get((await library.begin({ prompt: 'none' })).url));
    return location?.searchParams.get('error');
  };
  expect(await silently()).toBeNull();
  const [there, here] = [hospital.logs.length, university.logs.length];
  const asked = await browser.open(`${hospital.url}/logout`);
  await browser.follow(await browser.submit(asked, {}, { action: '/logout/confirm', button: 'Sign out' }));
  await expect.poll(silently).toBe('login_required');
  const logoutsAt = ({ logs }: Gateway, from: number) =>
    logs
      .slice(from)
      .flatMap(({ fields: { path } }: { fields: { path?: string } }) => (path?.includes('logout') ? path : []));
  expect(logoutsAt(university, here)).toEqual(['/return/directories/hospital/logout']);
  expect(logoutsAt(hospital, there)).toEqual(['/logout', '/logout/confirm', '/logout/success']);
});
