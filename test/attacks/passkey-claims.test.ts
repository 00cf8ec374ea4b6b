import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aaguidExtension, issue } from '../../src/factors/fido2/testing/certificates.ts';
import { claimsOf } from '../../src/factors/fido2/testing/fixture.ts';
import { blobOf, createService, entryOf } from '../../src/factors/fido2/testing/metadata.ts';
import { Passkey } from '../support/passkeys.ts';
import { stage } from '../support/scene.ts';

const MODEL = 'c1a1c1a1-2222-4333-8444-555555555555';
const service = createService();
const vendor = issue({ name: 'Vendor', ca: true });
const entries = [entryOf({ aaguid: MODEL, roots: [vendor], statuses: ['FIDO_CERTIFIED_L2'] })];
const file = join(await mkdtemp(join(tmpdir(), 'sallyport-')), 'mds.jwt');
writeFileSync(file, blobOf(service, { entries }));

describe('what a key claims to be', () => {
  const mds = { file, root: service.root.certificate.toString() };
  const profiles = [{ name: 'certified', attestation: 'preferred', minimumLevel: 'L2', trust: { mds } }];
  const scene = stage(() => ({ config: { factors: { fido2: { profiles } } } }));

  it('is not what it is: software with the AAGUID of a certified model is refused, and such a model isn’t', async () => {
    const someone = await scene.newcomer();
    let page = await someone.answer(await someone.enter('courses'), { factor: 'fido2' });
    for (const claim of claimsOf(MODEL)) {
      page = await new Passkey(scene.gateway, claim).enrol(someone, page);
      expect(page.text).toContain('couldn’t show which model it is');
    }
    const leaf = issue({ issuer: vendor, extensions: [aaguidExtension(MODEL)] });
    const key = new Passkey(scene.gateway, { format: 'packed', aaguid: MODEL, attestation: { leaf } });
    await someone.remember(await key.enrol(someone, page), 'no');
    expect(await someone.claims('courses')).toBeDefined();
  });
});
