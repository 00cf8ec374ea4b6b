import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import fido2 from './index.ts';
import { aaguidExtension, firmware, issue } from './testing/certificates.ts';
import { ada, enrolled, enrolling, fixture, using } from './testing/fixture.ts';

const root = issue({ name: 'Vendor root', ca: true });
const page = readFileSync(new URL('../../../docs/how-to/fido2-attestation.md', import.meta.url), 'utf8');

/** The example's settings, with a root of ours in each place for one. */
function example(): { profiles: { name: string; trust: { mds?: unknown } }[] } {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const pem = JSON.stringify(root.certificate.toString());
  return parse(text.replace(/\$\{file:[^}]*\}/g, () => pem)).factors.fido2;
}

describe('the example profile of the documentation', () => {
  const admin = { ...ada, groups: ['administrators'] };
  const aaguid = 'a25342c0-3cdc-4414-8e46-f4807fca511c';
  const key = (...version: number[]) => ({
    format: 'packed' as const,
    aaguid,
    attestation: { leaf: issue({ issuer: root, extensions: [aaguidExtension(aaguid), firmware(...version)] }) },
  });

  it('is valid', () => {
    expect(fido2.settings.safeParse(example()).error).toBeUndefined();
  });

  it('accepts firmware 5.7 and refuses 5.4, and synced passkeys', async () => {
    const made = fixture(example());
    const one = await enrolled(made, { account: admin, making: key(5, 7, 1) });
    expect(await using(made, one, { account: admin })).toMatchObject({ proof: { attested: true } });
    expect((await enrolling(made, { account: admin, making: key(5, 4, 3) })).result).toMatchObject({
      outcome: 'refused',
      reason: `firmware: ${aaguid}: firmware 5.4.3, 5.7.0 needed (profile administrators)`,
    });
    const synced = { backupEligible: true };
    expect((await enrolling(made, { account: admin, making: key(5, 7, 1), ceremony: synced })).result).toMatchObject({
      message: { key: 'refused.synced.accepted.link' },
    });
    expect((await enrolling(made)).result).toMatchObject({ outcome: 'confirmed' });
  });
});
