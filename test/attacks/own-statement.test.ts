import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { entra as says } from '../../src/directories/oidc/double.ts';
import { entra as bySamlSays, MULTIPLE, TENANT as OF_THE_DOUBLE } from '../../src/directories/saml/double.ts';
import { OTHER_TENANT, startEntra, TENANT } from '../../src/doors/entra/testing/entra.ts';
import { Client } from '../support/client.ts';
import { asTenant, backAtEntra, goOn, OFFICE, pinned, sentHere } from '../support/entra.ts';
import { startFederation } from '../support/federation.ts';
import { appHolder } from '../support/holders.ts';
import type { FakeIdentityProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { askedBy, formOf, leave, responseOf, sayingOf, startSamlUpstream } from '../support/saml-upstream.ts';
import { stage } from '../support/scene.ts';
import { startUpstream, wayTo } from '../support/upstream.ts';

/**
 * Entra asks this gateway for its second step, and passes on what it was told: whoever then comes here by Entra brings
 * our own word, which is one proof given once.
 */
const [port, site] = [await freePort(), await freePort()];
const entra = await startEntra(() => Date.now());
const ids = ['tenant', 'another'];
const upstream = await startUpstream(ids.map((id) => `http://localhost:${port}/return/directories/${id}`));
const folder = mkdtempSync(join(tmpdir(), 'sallyport-own-statement-'));
const STS = `https://sts.windows.net/${TENANT}/`;
const bySaml = await startSamlUpstream(`http://localhost:${port}`, folder, 'by-saml');
bySaml.idp.entityId = STS;
writeFileSync(join(folder, 'sts.xml'), bySaml.idp.metadata());
const MFA = 'https://refeds.org/profile/mfa';
const federation = await startFederation(`http://localhost:${port}`, folder);
federation.alpha.entityId = STS;
federation.write(federation.members.map((one, at) => (at === 0 ? { ...one, entityId: STS } : one)));
afterAll(async () => {
  bySaml.close();
  federation.close();
  await Promise.all([entra.close(), upstream.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const directory = (tid: string) => ({
  ...{ ...upstream.directory, preset: 'entra', name: tid, requires: { tid: [tid] } },
  asks: { twoKinds: { acrs: ['c1'] } },
});

const scene = stage(() => ({
  ports: { gateway: port, relyingParty: site },
  config: {
    ...asTenant(entra),
    factors: { password: {}, totp: {} },
    directories: {
      ...{ tenant: directory(TENANT), another: directory(OTHER_TENANT) },
      federation: {
        ...federation.directory,
        assurance: [{ class: [MFA], kinds: ['knowledge', 'possession'] }],
      },
      'by-saml': {
        ...{ ...bySaml.directory, entityId: STS, metadata: { file: join(folder, 'sts.xml') }, key: 'objectidentifier' },
        assurance: [{ methods: [MULTIPLE], kinds: ['knowledge', 'possession'] }],
      },
    },
    policy: {
      rules: [
        { name: 'all', level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));

/** Comes to Courses by a tenant that says of this object what Entra says after a second step. */
async function byWayOf(id: string, tid: string, oid: string) {
  const now = Math.floor(Date.now() / 1000);
  upstream.next = {
    sub: oid,
    claims: {},
    says(asked) {
      const said = says({ asked, shown: 'second', since: now, now, optional: true });
      // As it was answered here: amr otp.
      return 'error' in said ? said : { claims: { ...said.claims, oid, tid, amr: ['pwd', 'otp', 'mfa'] } };
    },
  };
  const browser = new Client();
  const page = await browser.open(`${scene.gateway.relyingParty}/courses/login`);
  return browser.follow(await browser.get(new URL(wayTo(page.body, id), page.url)));
}

describe('our own statement, coming back as another house’s', () => {
  it('is no second proof: a method of one’s own is asked for', async () => {
    const someone = await appHolder(scene);
    const oid = await pinned(scene, someone);
    await entra.discover(`${scene.gateway.url}${OFFICE}`);
    const there = scene.elsewhere(someone);
    const page = await goOn(there.client, await sentHere(scene, entra, there.client, { oid }));
    await backAtEntra(there.client, await there.code(page, scene.nextCode(there)));
    expect(entra.judged.at(-1)).toEqual({ acr: 'possessionorinherence', amr: 'otp' });

    expect((await byWayOf('tenant', TENANT, oid)).body).toContain('otpauth:');
    const proved = () => scene.audit().filter(({ event }) => event === 'sign-in.proved');
    await expect
      .poll(() => proved().map(({ detail }) => JSON.parse(detail)))
      .toContainEqual(
        expect.objectContaining({
          ...{ factor: 'upstream:tenant', kinds: ['knowledge'] },
          said: expect.objectContaining({ amr: ['pwd', 'otp', 'mfa'] }),
        }),
      );
  });

  it('is none by SAML either', async () => {
    const { attributes = '', ...said } = sayingOf(
      bySamlSays({ asked: '', shown: 'second', since: Date.now(), now: Date.now() }),
    );
    const saying = { ...said, attributes: attributes.replace(OF_THE_DOUBLE, TENANT) };
    const browser = new Client();
    const page = await browser.open(`${scene.gateway.relyingParty}/courses/login`);
    const asked = await leave(browser, page, 'by-saml');
    const fields = formOf(responseOf(bySaml, asked, saying), asked);
    const end = await browser.follow(await browser.post(bySaml.acs, fields, { from: bySaml.idp.url }));
    expect(end.body).toContain('otpauth:');
  });

  it('is none of the one house of a federation that says it, and of the others counts', async () => {
    const secondStepBy = async (idp: FakeIdentityProvider) => {
      const browser = new Client();
      const page = await browser.open(`${scene.gateway.relyingParty}/courses/login`);
      const list = await browser.get(new URL(`${page.url.pathname}/houses`, page.url));
      const [, href = ''] =
        [...list.body.matchAll(/href="([^"]*\/leave\?[^"]*)"/g)].find(([, one = '']) =>
          one.includes(encodeURIComponent(idp.entityId)),
        ) ?? [];
      const left = await browser.get(new URL(href.replaceAll('&amp;', '&'), page.url));
      const asked = askedBy(left.location);
      const { acs, entityId } = federation;
      const xml = idp.response({ acs, entityId, inResponseTo: asked.id, classRef: MFA });
      return browser.follow(await browser.post(acs, formOf(xml, asked), { from: idp.url }));
    };
    expect((await secondStepBy(federation.alpha)).body).toContain('otpauth:');
    expect((await secondStepBy(federation.beta)).url.href).toContain('/courses');
  });

  it('is told apart from the word of a tenant that asks nothing of us', async () => {
    const home = await byWayOf('another', OTHER_TENANT, 'somebody-else');
    expect(home.url.href).toContain('/courses');
    expect(home.body).not.toContain('otpauth:');
  });
});
