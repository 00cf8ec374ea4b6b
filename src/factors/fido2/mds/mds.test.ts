import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryState } from '../../../../test/support/factor-state.ts';
import type { Making } from '../double.ts';
import fido2 from '../index.ts';
import { aaguidExtension, issue } from '../testing/certificates.ts';
import { claimsOf, enrolled, enrolling, fixture, NOW, using } from '../testing/fixture.ts';
import { type BlobWish, blobOf, createService, type EntryWish, entryOf } from '../testing/metadata.ts';
import { readBlob } from './blob.ts';

const MODEL = '11111111-2222-3333-4444-555555555555';
const URL = 'https://mds3.example.org/';
const service = createService();
const vendor = issue({ name: 'Vendor', ca: true });
const leaf = issue({ issuer: vendor, extensions: [aaguidExtension(MODEL)] });
const making: Making = { format: 'packed', aaguid: MODEL, attestation: { leaf } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = (wish: EntryWish = {}) =>
  entryOf({ aaguid: MODEL, description: 'Example Key 7', roots: [vendor], ...wish });
const blob = (wish: BlobWish = {}) => blobOf(service, { entries: [model()], ...wish });

/** A gateway that gets its metadata from an address; `served` is what it answers. */
function online(text: string, more: { profile?: object; mds?: object; state?: ReturnType<typeof memoryState> } = {}) {
  const served = { text, status: 200 };
  const mds = { url: URL, root: service.root.certificate.toString(), ...more.mds };
  const profile = { name: 'p', attestation: 'required', trust: { mds }, ...more.profile };
  const made = fixture(
    { profiles: [profile] },
    {
      fetch: async () => new Response(served.text, { status: served.status }),
      ...(more.state ? { state: more.state } : {}),
    },
  );
  return { ...made, served };
}

describe('a blob', () => {
  it('gives trust anchors and names by model', async () => {
    const made = online(blob());
    await made.factor.runs?.start();
    const one = await enrolled(made, { making });
    expect(one.credential.name).toBe('Example Key 7');
    expect(await using(made, one)).toMatchObject({ outcome: 'proved', proof: { attested: true } });
    expect((await enrolling(made, { making: { ...making, aaguid: `9${MODEL.slice(1)}` } })).result).toMatchObject({
      outcome: 'refused',
    });
    await made.factor.runs?.close?.();
  });

  it('anchors a model by its own roots, not by those of another', async () => {
    const other = { format: 'packed', aaguid: '99999999-2222-3333-4444-555555555555' } as const;
    const entries = [model(), entryOf({ aaguid: other.aaguid, roots: [issue({ ca: true })] })];
    const made = online(blob({ entries }));
    await made.factor.runs?.start();
    const claims = issue({ issuer: vendor, extensions: [aaguidExtension(other.aaguid)] });
    const { result } = await enrolling(made, { making: { ...other, attestation: { leaf: claims } } });
    expect(result).toMatchObject({ outcome: 'refused', message: { key: 'refused.attestation' } });
    await made.factor.runs?.close?.();
  });

  it('may anchor a model by the attestation certificate itself', async () => {
    const made = online(blob({ entries: [model({ roots: [leaf] })] }));
    await made.factor.runs?.start();
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'confirmed' });
    await made.factor.runs?.close?.();
  });

  it('names U2F models by the key of their certificates', async () => {
    const made = online(blob());
    await made.factor.runs?.start();
    const u2f: Making = { format: 'fido-u2f', attestation: { leaf } };
    expect((await enrolling(made, { making: u2f })).result).toMatchObject({ outcome: 'refused' });
    await made.factor.runs?.close?.();
    const roots = { roots: [vendor.certificate.toString()] };
    const own = await enrolled(fixture({ profiles: [{ name: 'p', attestation: 'required', trust: roots }] }), {
      making: u2f,
    });
    const keyIdentifier = own.credential.data.attestation?.keyIdentifier ?? '';
    const named = online(
      blob({ entries: [model({ aaguid: undefined, keyIdentifiers: [keyIdentifier] } as EntryWish)] }),
    );
    await named.factor.runs?.start();
    expect((await enrolling(named, { making: u2f })).result).toMatchObject({
      outcome: 'confirmed',
      name: 'Example Key 7',
    });
    await named.factor.runs?.close?.();
  });

  it.each([
    'REVOKED',
    'USER_KEY_PHYSICAL_COMPROMISE',
    'USER_KEY_REMOTE_COMPROMISE',
    'USER_VERIFICATION_BYPASS',
    'ATTESTATION_KEY_COMPROMISE',
  ])(
    'refuses a model that is %s, at enrolment and at every use, and also when it was updated since',
    async (status) => {
      const before = online(blob());
      await before.factor.runs?.start();
      const one = await enrolled(before, { making });
      await before.factor.runs?.close?.();
      for (const statuses of [[status], ['FIDO_CERTIFIED_L1', status, 'UPDATE_AVAILABLE']]) {
        const made = online(blob({ no: 2, entries: [model({ statuses })] }));
        await made.factor.runs?.start();
        const reason = `status: ${MODEL}: ${status} (profile p)`;
        expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'refused', reason });
        expect(await using(made, one)).toMatchObject({ message: { key: 'refused.status' }, reason });
        await made.factor.runs?.close?.();
      }
    },
  );

  it('tolerates an update that is available', async () => {
    const made = online(blob({ entries: [model({ statuses: ['FIDO_CERTIFIED', 'UPDATE_AVAILABLE'] })] }));
    await made.factor.runs?.start();
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'confirmed' });
    await made.factor.runs?.close?.();
  });

  it.each<[string, EntryWish['statuses'], boolean]>([
    ['none', [], false],
    ['level 1 by its old name', ['FIDO_CERTIFIED'], false],
    ['level 1+', ['FIDO_CERTIFIED_L1plus'], false],
    ['level 2', ['FIDO_CERTIFIED_L1', 'FIDO_CERTIFIED_L2'], true],
    ['level 3, then 1 again for another part', ['FIDO_CERTIFIED_L3', 'FIDO_CERTIFIED_L1'], true],
    ['level 2, from next year on', [{ status: 'FIDO_CERTIFIED_L2', effectiveDate: '2028-01-01' }], false],
    ['level 2, withdrawn', ['FIDO_CERTIFIED_L2', 'NOT_FIDO_CERTIFIED'], false],
  ])('tells the certification level: %s', async (_case, statuses, enough) => {
    const made = online(blob({ entries: [model({ statuses: statuses ?? [] })] }), { profile: { minimumLevel: 'L2' } });
    await made.factor.runs?.start();
    const { result } = await enrolling(made, { making });
    expect(result).toMatchObject(enough ? { outcome: 'confirmed' } : { message: { key: 'refused.status' } });
    await made.factor.runs?.close?.();
  });

  it('certifies no level of a model that is only claimed', async () => {
    const entries = [model({ statuses: ['FIDO_CERTIFIED_L3'] })];
    const made = online(blob({ entries }), { profile: { attestation: 'preferred', minimumLevel: 'L2' } });
    await made.factor.runs?.start();
    for (const claim of claimsOf(MODEL)) {
      const { result } = await enrolling(made, { making: claim });
      expect(result).toMatchObject({
        message: { key: 'refused.attestation' },
        reason: `attestation: ${MODEL}: no trusted attestation: level L2 needed (profile p)`,
      });
    }
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'confirmed' });
    await made.factor.runs?.close?.();
  });

  it('names a model that its own roots certify, also where the system writes the AAGUID', async () => {
    const entries = [model({ statuses: ['FIDO_CERTIFIED_L3'], roots: [vendor] })];
    const profile = { minimumLevel: 'L2', aaguids: { allow: [MODEL] } };
    const made = online(blob({ entries }), { profile });
    await made.factor.runs?.start();
    const tpm: Making = { format: 'tpm', aaguid: MODEL, attestation: { leaf: vendor } };
    expect((await enrolling(made, { making: tpm })).result).toMatchObject({ outcome: 'confirmed' });
    await made.factor.runs?.close?.();
    // Trusted for its keys, and not the maker of this model.
    const other = issue({ name: 'Chip maker', ca: true });
    const trust = {
      mds: { url: URL, root: service.root.certificate.toString() },
      roots: [other.certificate.toString()],
    };
    const trusting = online(blob({ entries }), { profile: { minimumLevel: 'L2', trust } });
    await trusting.factor.runs?.start();
    const theirs = { ...tpm, attestation: { leaf: other } };
    expect((await enrolling(trusting, { making: theirs })).result).toMatchObject({
      reason: `level: ${MODEL}: certified to no level, L2 needed (profile p)`,
    });
    await trusting.factor.runs?.close?.();
  });

  it.each(['minimumLevel', 'minimumFirmware'])('%s without attestation is a fault of the configuration', (name) => {
    const value = name === 'minimumLevel' ? 'L2' : { [MODEL]: '5.7.0' };
    const trust = { mds: { url: URL, root: service.root.certificate.toString() } };
    const read = fido2.settings.safeParse({ profiles: [{ name: 'p', trust, [name]: value }] });
    expect(read.error?.issues.map(({ path }) => path.join('.'))).toEqual([`profiles.0.${name}`]);
  });

  it('keeps software from counting as attested hardware', async () => {
    const made = online(blob({ entries: [model({ keyProtection: ['software'] })] }));
    await made.factor.runs?.start();
    const one = await enrolled(made, { making });
    expect(await using(made, one)).toMatchObject({ outcome: 'proved', proof: { attested: false } });
    await made.factor.runs?.close?.();
  });
});

describe('the gateway starts, and takes no key, with a blob', () => {
  const elsewhere = createService('evil.example');
  const strangers = createService();
  it.each<[string, () => string, RegExp]>([
    ['that is none', () => 'no blob', /not a JWT/],
    [
      'whose signature is wrong',
      () =>
        blob()
          .replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
          .replace(/\.(.)([^.]*)$/, (_, c, r) => `.${c === 'A' ? 'B' : 'A'}${r}`),
      /signature of the blob is wrong/,
    ],
    [
      'that was changed',
      () => {
        const [h, , s] = blob().split('.');
        const [, p] = blob({ no: 99 }).split('.');
        return [h, p, s].join('.');
      },
      /signature of the blob is wrong/,
    ],
    ['signed under another root', () => blobOf(strangers, { entries: [model()] }), /do not lead to its root/],
    [
      'signed under the root by somebody else',
      () => blobOf(service, { x5c: [issue({ issuer: service.root, name: 'evil.example' })] }),
      /not for mds\.fidoalliance\.org/,
    ],
    ['signed for another name', () => blobOf({ ...elsewhere }, {}), /do not lead|not for/],
    [
      'signed by an expired certificate',
      () => blobOf({ ...service, signer: issue({ issuer: service.root, name: 'mds.fidoalliance.org', to: NOW - 1 }) }),
      /expired/,
    ],
    ['with the algorithm none', () => blob({ alg: 'none' }), /header of the blob: alg/],
    ['with the algorithm HS256', () => blob({ alg: 'HS256' }), /header of the blob: alg/],
    ['with another algorithm than the key’s', () => blob({ alg: 'RS256' }), /signature of the blob is wrong/],
    ['that expired long ago', () => blob({ nextUpdate: '2026-11-30' }), /expired: its nextUpdate is 2026-11-30/],
    ['without a date', () => blob({ nextUpdate: 'soon' }), /payload of the blob: nextUpdate/],
  ])('%s', async (_case, text, why) => {
    const made = online(text());
    await made.factor.runs?.start();
    expect(made.facts).toEqual([expect.objectContaining({ failure: expect.stringMatching(why) })]);
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'refused' });
    await made.factor.runs?.close?.();
  });

  it('that is older than one accepted before, also by another node', async () => {
    const state = memoryState();
    for (const [no, accepted] of [
      [5, true],
      [5, true],
      [7, true],
      [6, false],
      [7, true],
    ] as const) {
      const made = online(blob({ no }), { state });
      await made.factor.runs?.start();
      const failure = expect.stringContaining('number 6, older than 7');
      expect(made.facts).toEqual(accepted ? [] : [expect.objectContaining({ failure })]);
      await made.factor.runs?.close?.();
    }
  });

  it('that can’t be had, unless a file has one', async () => {
    const made = online('gone');
    made.served.status = 503;
    await made.factor.runs?.start();
    expect(made.facts).toEqual([expect.objectContaining({ failure: expect.stringContaining('answered 503') })]);
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'refused' });
    await made.factor.runs?.close?.();
    const missing = online('gone', { mds: { file: join(folder, 'nowhere.jwt') } });
    await expect(missing.factor.runs?.start()).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    const file = join(folder, 'blob.jwt');
    writeFileSync(file, blob());
    const filed = online('gone', { mds: { file } });
    await filed.factor.runs?.start();
    expect((await enrolling(filed, { making })).result).toMatchObject({ outcome: 'confirmed' });
    expect(filed.lines).toEqual([expect.stringContaining('using the file')]);
    await filed.factor.runs?.close?.();
  });

  it('but takes what rests on none, and says so', async () => {
    const made = online('gone', { profile: { attestation: 'preferred' } });
    await made.factor.runs?.start();
    expect(made.lines).toEqual([expect.stringContaining('no authenticator metadata')]);
    const one = await enrolled(made, { making });
    expect(one.credential.data).not.toHaveProperty('attestation');
    await made.factor.runs?.close?.();
  });
});

describe('in time', () => {
  it('a blob is within its grace, then makes no new trust, and what was trusted stays', async () => {
    const made = online(blob({ nextUpdate: '2026-12-20' }));
    await made.factor.runs?.start();
    const one = await enrolled(made, { making });
    made.clock.now += 30 * 86_400_000;
    expect((await enrolling(made, { making })).result).toMatchObject({ outcome: 'refused' });
    expect(await using(made, one)).toMatchObject({ outcome: 'proved', proof: { attested: true } });
    await made.factor.runs?.close?.();
  });

  it('parallel nodes agree on the greatest number', async () => {
    const state = memoryState();
    const nodes = Array.from({ length: 20 }, (_, no) => online(blob({ no }), { state }));
    await Promise.allSettled(nodes.map(({ factor }) => factor.runs?.start()));
    const late = online(blob({ no: 18 }), { state });
    await late.factor.runs?.start();
    expect(late.facts).toEqual([expect.objectContaining({ failure: expect.stringContaining('older than 19') })]);
    await late.factor.runs?.close?.();
    for (const { factor } of nodes) await factor.runs?.close?.();
  });

  it('a blob is read as it stands, other keys ignored', () => {
    const trust = { root: service.root.certificate, signer: 'mds.fidoalliance.org' };
    expect(readBlob(` ${blob({ no: 3 })}\n`, trust, NOW)).toMatchObject({
      no: 3,
      nextUpdate: Date.parse('2090-01-01'),
    });
  });
});
