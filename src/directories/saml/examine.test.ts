import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aggregateOf, crowd } from '../../../test/support/federation.ts';
import { temporaryFolder } from '../../../test/support/folders.ts';
import type { ExaminePorts } from '../../core/finding.ts';
import { createIdentity } from '../../saml/testing/identity.ts';
import { examine } from './examine.ts';
import { settings } from './settings.ts';

const HOUR = 3_600_000;
const signer = await createIdentity();
const stranger = await createIdentity();

/** What is said of metadata that lasts so long, and of whom else the settings name. */
async function told(more: object, lasts = 72 * HOUR, status = 200) {
  const file = join(temporaryFolder(), 'federation.xml');
  writeFileSync(file, aggregateOf(crowd(3, signer.certificate), signer, lasts));
  const metadata = { file, certificate: signer.certificatePem };
  const ports = { now: () => Date.now(), fetch: async () => new Response('', { status }) } as unknown as ExaminePorts;
  return (await examine(settings.parse({ name: 'F', metadata, ...more }), ports)).map(
    ({ level, text }) => `${level}: ${text}`,
  );
}

it.each<[string, object, number | undefined, RegExp]>([
  ['a federation', { federation: {} }, undefined, /^good: .* 3 houses, until /],
  ['one of its houses', { entityId: 'https://idp.house-2.example/saml' }, undefined, /^good: .* the provider, until /],
  ['one that isn’t there', { entityId: 'https://idp.nobody.example' }, undefined, /^fault: .*doesn’t describe/],
  ['one that soon ends', { federation: {} }, 12 * HOUR, /^notice: /],
])('says of %s how it stands', async (_what, more, lasts, expected) => {
  expect(await told(more, lasts)).toEqual([expect.stringMatching(expected)]);
});

it('says what stands against a file that somebody else signed', async () => {
  const file = join(temporaryFolder(), 'other.xml');
  writeFileSync(file, aggregateOf(crowd(1, stranger.certificate), stranger));
  await expect(told({ federation: {}, metadata: { file, certificate: signer.certificatePem } })).rejects.toThrow();
});

it.each([
  [200, /^good: .* 200/],
  [404, /^fault: .* 404/],
])('says that an address answers %i', async (status, expected) => {
  const metadata = { url: 'https://metadata.example/idps.xml', certificate: signer.certificatePem };
  expect(await told({ federation: {}, metadata }, undefined, status)).toEqual([expect.stringMatching(expected)]);
});
