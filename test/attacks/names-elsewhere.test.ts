import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntra } from '../../src/doors/entra/testing/entra.ts';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { Client } from '../support/client.ts';
import { leadsToDuo, moving, throughDuo } from '../support/duo.ts';
import { asTenant, newObject, sentHere } from '../support/entra.ts';
import { enterBy } from '../support/linking.ts';
import { freePort } from '../support/ports.ts';
import { type Someone, stage } from '../support/scene.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** Duo and Entra know our people by names: one that another house chose for somebody of its own is none of these. */

const ports = { gateway: await freePort(), relyingParty: await freePort() };
const duo = await startDuo(() => Date.now());
const entra = await startEntra(() => Date.now());
const base = `http://localhost:${ports.gateway}/return/directories`;
const houses: Record<string, Upstream> = {
  partner: await startUpstream(`${base}/partner`, '127.0.0.1'),
  ours: await startUpstream(`${base}/ours`, '127.0.0.2'),
};
afterAll(async () => {
  for (const house of [duo, entra, ...Object.values(houses)]) await house.close();
});

const scene = stage(() => {
  const { factors, policy } = moving(duo);
  const { doors, applications } = asTenant(entra, { account: 'login' });
  const ours = { ...houses.ours?.directory, name: 'Our own', speaksFor: ['university.example'] };
  return {
    ports,
    config: { factors, policy, doors, applications, directories: { partner: houses.partner?.directory, ours } },
  };
});

let nobody: Someone;
beforeAll(async () => {
  nobody = await scene.newcomer();
  await entra.discover(`${scene.gateway.url}/entra/office`);
});

let people = 0;
/** Somebody whom a house calls so, in a browser of their own, and the page that they end at. */
async function called(username: string, application: string, house = 'partner') {
  people += 1;
  const upstream = houses[house];
  if (upstream) upstream.next = { sub: `person-${people}`, claims: { preferred_username: username, name: 'Mallory' } };
  const someone = scene.elsewhere(nobody, new Client());
  return { someone, page: await enterBy(someone, application, house) };
}

describe('Duo is asked about nobody', () => {
  it.each(['bare', 'whole'])('whom another house calls as one of ours is called: %s', async (how) => {
    const victim = await scene.newcomer();
    const name = how === 'bare' ? victim.username : `${victim.username}@university.example`;
    duo.enrol(name);
    const before = duo.state.calls.length;
    for (const application of ['payroll', 'courses']) {
      const { page } = await called(name, application);
      expect(page.text).not.toContain('Approve it with Duo');
      expect(leadsToDuo(page)).toBe(false);
    }
    expect(duo.state.calls.slice(before)).toEqual([]);
  });

  it('but whom a house names that the operator lets speak for them', async () => {
    const name = 'ada-of-ours@university.example';
    duo.enrol(name);
    const { someone, page } = await called(name, 'payroll', 'ours');
    expect((await throughDuo(someone, page)).url.pathname).toBe('/payroll');
    const bare = await called('ada-of-ours', 'payroll', 'ours');
    expect(leadsToDuo(bare.page)).toBe(false);
  });
});

describe('an object of Entra’s', () => {
  it('isn’t whoever another house calls by its ID, then or later', async () => {
    const oid = newObject().replace('1111', '9999');
    await called(oid, 'library');
    const page = await sentHere(scene, entra, new Client(), { oid });
    expect(page.text).not.toContain('Mallory');
    expect(page.status).toBe(403);
    expect(await scene.gateway.command('entra list', [])).not.toContainEqual(expect.stringContaining(oid));
  });
});

describe('an import', () => {
  it('gives nothing to whoever another house calls so, and says so before', async () => {
    const name = 'retired@university.example';
    await called(name, 'library');
    for (const dryRun of [true, false]) {
      const told = scene.gateway.command('migrate entra', [], { dryRun }, `upn,id\n${name},${newObject()}\n`);
      await expect(told).rejects.toThrow(`nobody here goes by "${name}"`);
    }
  });

  it('knows whom a house names that the operator lets speak for them, and says so before', async () => {
    const name = 'active@university.example';
    const oid = newObject();
    await called(name, 'library', 'ours');
    for (const dryRun of [true, false]) {
      const told = await scene.gateway.command('migrate entra', [], { dryRun }, `upn,id\n${name},${oid}\n`);
      expect(told).toContainEqual(expect.stringMatching(/^objects\t1\t0\t0/));
    }
  });
});
