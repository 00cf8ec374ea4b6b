import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHECKS } from './checks.ts';
import type { Making } from './double.ts';
import fido2 from './index.ts';
import { aaguidExtension, extension, firmware, firmwareExtension, type Issued, issue } from './testing/certificates.ts';
import { element, octets, sequence } from './testing/der.ts';
import { ada, enrolled, enrolling, fixture, NOW, opening, using } from './testing/fixture.ts';

const MODEL = 'a25342c0-3cdc-4414-8e46-f4807fca511c';
const OLDER = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const root = issue({ name: 'Vendor root', ca: true });
const pem = ({ certificate }: Issued): string => certificate.toString();

/** Packed, with a leaf for `model` that the vendor signed. */
function packed(extensions = [aaguidExtension(MODEL), firmware(5, 7, 1)], wish: Partial<Making> = {}): Making {
  return { format: 'packed', aaguid: MODEL, attestation: { leaf: issue({ issuer: root, extensions }) }, ...wish };
}

const strict = {
  name: 'staff keys',
  attestation: 'required',
  trust: { roots: [pem(root)] },
  syncedPasskeys: 'refused',
  aaguids: { allow: [MODEL] },
  minimumFirmware: { [MODEL]: '5.7.0' },
  requestUrl: 'https://help.example.edu/keys',
};
const made = (...profiles: object[]) => fixture({ profiles: profiles.length > 0 ? profiles : [strict] });

describe('required attestation', () => {
  it('asks for it, and yields attested hardware', async () => {
    const here = made();
    await here.factor.runs?.start();
    const one = await enrolled(here, { making: packed() });
    expect(one.credential.data.attestation).toMatchObject({ format: 'packed', firmware: '5.7.1' });
    expect((await opening(here, one)).verdict).toMatchObject({
      outcome: 'proved',
      proof: { amr: ['hwk', 'user'], attested: true, phishingResistant: true },
    });
  });

  it('is direct only for people that a profile asks it of', async () => {
    const admins = made({ ...strict, groups: ['admins'] });
    const asked = async (groups: string[]) => (await admins.factor.enrols?.begin({ ...ada, groups }, []))?.prompt;
    expect(await asked(['admins'])).toMatchObject({ options: { publicKey: { attestation: 'direct' } } });
    expect(await asked(['staff'])).toMatchObject({ options: { publicKey: { attestation: 'none' } } });
  });

  it('follows intermediates', async () => {
    const between = issue({ issuer: root, name: 'Between', ca: true, pathLength: 0 });
    const leaf = issue({ issuer: between, extensions: [aaguidExtension(MODEL), firmware(5, 7, 0)] });
    const making = packed([], { attestation: { leaf, intermediates: [between] } });
    expect((await enrolling(made(), { making })).result).toMatchObject({ outcome: 'confirmed' });
  });

  it('accepts U2F models, which have no AAGUID', async () => {
    const here = made({ ...strict, aaguids: {}, minimumFirmware: {} });
    const making: Making = { format: 'fido-u2f', attestation: { leaf: issue({ issuer: root }) } };
    const one = await enrolled(here, { making, ceremony: { uv: false } });
    expect(await using(here, one, { ceremony: { uv: false } })).toMatchObject({ proof: { attested: true } });
  });

  const between = issue({ issuer: root, name: 'Between', ca: true, pathLength: 0 });
  const deeper = issue({ issuer: between, name: 'Deeper', ca: true });
  const noIssuer = issue({ issuer: root, name: 'No CA' });
  const namesake = issue({ name: 'Vendor root', ca: true });
  const extensions = [aaguidExtension(MODEL), firmware(5, 7, 1)];
  const leafOf = (issuer: Issued, more = {}) => issue({ issuer, extensions, ...more });
  const unknown = extension('1.2.3.4', octets(Buffer.from('x')), true);
  const stranger = issue({ name: 'Stranger', ca: true });

  it.each<[string, Making]>([
    ['none', { format: 'none', aaguid: MODEL }],
    ['self attestation', { format: 'self', aaguid: MODEL }],
    ['a chain to a stranger', packed([], { attestation: { leaf: leafOf(stranger), intermediates: [stranger] } })],
    ['a chain to a namesake of the root', packed([], { attestation: { leaf: leafOf(namesake) } })],
    ['a self-signed certificate', packed([], { attestation: { leaf: issue({ extensions }) } })],
    ['a chain with a missing link', packed([], { attestation: { leaf: leafOf(between) } })],
    ['an issuer that is no CA', packed([], { attestation: { leaf: leafOf(noIssuer), intermediates: [noIssuer] } })],
    [
      'a path longer than allowed',
      packed([], { attestation: { leaf: leafOf(deeper), intermediates: [deeper, between] } }),
    ],
    ['an expired certificate', packed([], { attestation: { leaf: leafOf(root, { to: NOW - 1000 }) } })],
    ['a certificate of the future', packed([], { attestation: { leaf: leafOf(root, { from: NOW + 1000 }) } })],
    ['an unknown critical extension', packed([...extensions, unknown])],
    ['a format that isn’t looked at', packed(extensions, { format: 'android-key' })],
  ])('refuses %s', async (_case, making) => {
    expect((await enrolling(made(), { making })).result).toMatchObject({
      outcome: 'refused',
      message: { key: 'refused.attestation.accepted.link' },
      reason: `attestation: ${MODEL}: no trusted attestation: required (profile staff keys)`,
    });
  });

  it('refuses what the certified key didn’t sign', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect((await enrolling(made(), { making: packed(undefined, { forger: privateKey }) })).result).toMatchObject({
      reason: 'signature',
    });
  });

  it('refuses a forged AAGUID: the certificate is another model’s', async () => {
    const making = packed([aaguidExtension(OLDER), firmware(5, 7, 1)]);
    expect((await enrolling(made(), { making })).result).toMatchObject({ reason: `model forged: ${MODEL}` });
    const malformed = packed([extension('1.3.6.1.4.1.45724.1.1.4', Buffer.from(MODEL.replaceAll('-', ''), 'hex'))]);
    expect((await enrolling(made(), { making: malformed })).result).toMatchObject({ outcome: 'refused' });
  });

  it.each(['tpm', 'apple'] as const)('accepts %s, whose certificates are made for each credential', async (format) => {
    const here = made({ ...strict, aaguids: {}, minimumFirmware: {} });
    const making: Making = { format, aaguid: MODEL, attestation: { leaf: between, intermediates: [] } };
    const one = await enrolled(here, { making });
    expect(await using(here, one)).toMatchObject({ proof: { attested: true } });
    const elsewhere = { ...making, attestation: { leaf: stranger } };
    expect((await enrolling(here, { making: elsewhere })).result).toMatchObject({ outcome: 'refused' });
  });

  it.each(['tpm', 'apple'] as const)('believes no model of %s, where the system writes the AAGUID', async (format) => {
    const here = made({ ...strict, minimumFirmware: {} });
    const making: Making = { format, aaguid: MODEL, attestation: { leaf: between, intermediates: [] } };
    expect((await enrolling(here, { making })).result).toMatchObject({
      message: { key: 'refused.model.accepted.link' },
      reason: `model: ${MODEL}: the statement vouches for the key, not for its model (profile staff keys)`,
    });
  });

  it('believes no user verification of U2F, which signs none', async () => {
    const here = made({ ...strict, aaguids: {}, minimumFirmware: {} });
    const making: Making = { format: 'fido-u2f', attestation: { leaf: issue({ issuer: root }) } };
    const { result } = await enrolling(here, { making, ceremony: { uv: true } });
    expect(result).toMatchObject({ outcome: 'confirmed' });
    expect(result).not.toHaveProperty('proof');
  });

  it('never gets what a certificate of the answer points to', async () => {
    const address = element(0x86, Buffer.from('http://127.0.0.1:9/crl'));
    const lists = extension('2.5.29.31', sequence(sequence(element(0xa0, element(0xa0, address)))));
    const attacker = issue({ name: 'Attacker', ca: true, extensions: [lists] });
    const trusted = { leaf: issue({ issuer: root, extensions: [aaguidExtension(MODEL), firmware(5, 7, 1), lists] }) };
    const fetched: string[] = [];
    const real = globalThis.fetch;
    globalThis.fetch = async (url) => {
      fetched.push(String(url));
      throw new Error('nothing is fetched here');
    };
    try {
      for (const format of ['android-key', 'apple', 'tpm', 'packed', 'fido-u2f'] as const) {
        await enrolling(made(), { making: packed([], { format, attestation: { leaf: attacker } }) });
      }
      expect((await enrolling(made(), { making: packed([], { attestation: trusted }) })).result).toMatchObject({
        outcome: 'confirmed',
      });
    } finally {
      globalThis.fetch = real;
    }
    expect(fetched).toEqual([]);
  });

  it('without anybody to trust is a fault of the configuration, where it stands', () => {
    const read = fido2.settings.safeParse({
      profiles: [
        { name: 'one', attestation: 'required' },
        { name: 'two', attestation: 'required', trust: { roots: [] } },
        { name: 'three', attestation: 'preferred' },
      ],
    });
    expect(read.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual(
      ['profiles.0.attestation', 'profiles.1.attestation'].map((path) => [
        path,
        'trusts nobody: give trust.mds or trust.roots',
      ]),
    );
  });

  it('for an application that doesn’t exist is a fault, or it would hold nowhere', async () => {
    const here = made({ name: 'one', attestation: 'preferred', applications: ['payrol'] });
    await expect(here.factor.runs?.start()).rejects.toThrow(/profile one: payrol isn't in applications/);
  });
});

describe('least firmware', () => {
  it.each([
    [5, 7, 0],
    [5, 7, 1],
    [5, 10, 0],
    [6, 0, 0],
  ])('is met by %i.%i.%i', async (...version) => {
    const making = packed([aaguidExtension(MODEL), firmware(...version)]);
    expect((await enrolling(made(), { making })).result).toMatchObject({ outcome: 'confirmed' });
  });

  it.each([
    ['too old', [firmware(5, 4, 3)], 'firmware 5.4.3, 5.7.0 needed'],
    ['just too old', [firmware(5, 6, 255)], 'firmware 5.6.255, 5.7.0 needed'],
    ['missing', [], 'firmware unknown, 5.7.0 needed'],
    ['of two numbers', [firmware(5, 7)], 'firmware unknown, 5.7.0 needed'],
    ['of four numbers', [firmware(5, 7, 0, 0)], 'firmware unknown, 5.7.0 needed'],
    ['no octet string', [firmwareExtension(Buffer.from([5, 7, 0]))], 'firmware unknown, 5.7.0 needed'],
    ['followed by something', [firmwareExtension(Buffer.from([4, 3, 5, 7, 0, 0]))], 'firmware unknown, 5.7.0 needed'],
    ['empty', [firmwareExtension(Buffer.alloc(0))], 'firmware unknown, 5.7.0 needed'],
  ])('isn’t met where it is %s', async (_case, more, why) => {
    const { result } = await enrolling(made(), { making: packed([aaguidExtension(MODEL), ...more]) });
    expect(result).toMatchObject({
      outcome: 'refused',
      message: {
        key: 'refused.firmware.accepted.link',
        values: { firmware: '5.7.0', name: 'YubiKey 5 NFC (5.7)', link: 'https://help.example.edu/keys' },
      },
      reason: `firmware: ${MODEL}: ${why} (profile staff keys)`,
    });
  });

  it('isn’t met by a certificate that says it twice', async () => {
    const making = packed([aaguidExtension(MODEL), firmware(5, 7, 1), firmware(5, 7, 1)]);
    expect((await enrolling(made(), { making })).result).toMatchObject({ outcome: 'refused' });
  });
});

describe('checks', () => {
  it('are each on what is claimed or on what is attested, and what a statement tells is of the second kind', () => {
    const claimed = CHECKS.flatMap(([objection, { on }]) => (on === 'claimed' ? [objection] : []));
    expect(claimed).toEqual(['synced', 'model', 'model', 'status']);
    const attested = CHECKS.flatMap(([objection, { on }]) => (on === 'attested' ? [objection] : []));
    expect(attested).toEqual(['attestation', 'model', 'level', 'firmware']);
  });

  it('on what is attested object to every claim, whatever it is', async () => {
    const here = made({ ...strict, attestation: 'preferred', aaguids: {} });
    for (const format of ['none', 'self'] as const) {
      const { result } = await enrolling(here, { making: { format, aaguid: MODEL } });
      expect(result).toMatchObject({
        reason: `attestation: ${MODEL}: no trusted attestation: firmware 5.7.0 needed (profile staff keys)`,
      });
    }
  });
});

describe('models', () => {
  it('are named in a refusal, with those accepted and where to ask', async () => {
    const here = made({ ...strict, attestation: 'none', trust: {}, minimumFirmware: {} });
    const { result } = await enrolling(here, { making: { aaguid: OLDER } });
    expect(result).toMatchObject({
      message: {
        key: 'refused.model.accepted.link',
        values: {
          name: 'YubiKey 5 NFC (5.2, 5.4)',
          accepted: 'YubiKey 5 NFC (5.7)',
          link: 'https://help.example.edu/keys',
        },
      },
    });
    const refused = made({ name: 'p', aaguids: { refuse: [OLDER] } });
    expect((await enrolling(refused, { making: { aaguid: OLDER } })).result).toMatchObject({
      message: { key: 'refused.model' },
    });
  });

  it('that synchronise are refused where the profile says so', async () => {
    const here = made({ name: 'p', syncedPasskeys: 'refused' });
    const { result } = await enrolling(here, { ceremony: { backupEligible: true } });
    expect(result).toMatchObject({ message: { key: 'refused.synced' } });
  });

  it('struck off later are refused at the next use, and accepted again when they are back', async () => {
    const before = made(strict);
    const one = await enrolled(before, { making: packed() });
    const struck = made({ ...strict, aaguids: { allow: [OLDER] } });
    expect(await using(struck, one)).toMatchObject({
      outcome: 'refused',
      reason: `model: ${MODEL}: model not among those allowed (profile staff keys)`,
    });
    const distrusted = made({ ...strict, trust: { roots: [pem(issue({ ca: true }))] } });
    expect(await using(distrusted, one)).toMatchObject({ message: { key: 'refused.attestation.accepted.link' } });
    const raised = made({ ...strict, minimumFirmware: { [MODEL]: '5.8.0' } });
    expect(await using(raised, one)).toMatchObject({ message: { key: 'refused.firmware.accepted.link' } });
    expect(await using(before, one)).toMatchObject({ outcome: 'proved' });
  });

  it('count as attested only where a profile asks', async () => {
    const here = made({ ...strict, applications: ['payroll'] });
    const one = await enrolled(here, { making: packed() });
    expect(await using(here, one)).toMatchObject({ proof: { attested: false, amr: ['pop', 'user'] } });
    const there = { context: { application: 'payroll' } };
    expect(await using(here, one, there)).toMatchObject({ proof: { attested: true, amr: ['hwk', 'user'] } });
  });

  it('that synchronise never count as attested hardware', async () => {
    const here = made({ ...strict, syncedPasskeys: 'allowed' });
    const one = await enrolled(here, { making: packed(), ceremony: { backupEligible: true } });
    const verdict = await using(here, one, { ceremony: { backupEligible: true } });
    expect(verdict).toMatchObject({ proof: { attested: false, amr: ['swk', 'user'] } });
  });
});

describe('profiles', () => {
  it('are looked at again wherever an earlier proof would count', async () => {
    const here = made({ ...strict, applications: ['payroll'] });
    const { credential: plain } = await enrolled(here);
    const { credential: vouchedFor } = await enrolled(here, { making: packed() });
    const reviewed = (application: string) =>
      [plain, vouchedFor].map((one) => here.factor.reviews?.review(one, ada, { application }));
    expect(reviewed('library')).toEqual(['unattested', 'unattested']);
    expect(reviewed('payroll')).toEqual(['refused', 'attested']);
  });

  it('apply to their groups and applications alone', async () => {
    const here = made({ ...strict, groups: ['admins'], applications: ['payroll'] });
    const one = await enrolled(here);
    const admin = { ...ada, groups: ['staff', 'admins'] };
    const payroll = { application: 'payroll' };
    expect(await using(here, one, { context: payroll })).toMatchObject({ outcome: 'proved' });
    expect(await using(here, one, { account: admin })).toMatchObject({ outcome: 'proved' });
    expect(await using(here, one, { account: admin, context: payroll })).toMatchObject({ outcome: 'refused' });
  });

  it('all hold together: adding one never lets more through', async () => {
    const one = await enrolled(made({ name: 'lax' }));
    expect(await using(made({ name: 'lax' }), one)).toMatchObject({ outcome: 'proved' });
    expect(await using(made({ name: 'lax' }, strict), one)).toMatchObject({ outcome: 'refused' });
    expect(await using(made(strict, { name: 'lax' }), one)).toMatchObject({ outcome: 'refused' });
  });

  it('that prefer attestation accept what has none', async () => {
    const here = made({ name: 'p', attestation: 'preferred', trust: { roots: [pem(root)] } });
    expect((await enrolling(here, { making: { format: 'none' } })).result).toMatchObject({ outcome: 'confirmed' });
    const unknown = packed([], { attestation: { leaf: issue({ extensions: [aaguidExtension(MODEL)] }) } });
    const one = await enrolled(here, { making: unknown });
    expect(one.credential.data).not.toHaveProperty('attestation');
    expect((await enrolled(here, { making: packed() })).credential.data).toHaveProperty('attestation');
  });
});
