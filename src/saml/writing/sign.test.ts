import { availableParallelism } from 'node:os';
import { expect, it, vi } from 'vitest';
import { createIdentity } from '../testing/identity.ts';
import { element } from './canonical.ts';
import { METHODS, type Signer, writeSigned, writeSignedAside } from './sign.ts';

async function signer(): Promise<Signer> {
  const { privateKey, publicKey, certificate } = await createIdentity();
  const key = { id: 'k', algorithm: 'RS256' as const, privateKey, publicKey, certificate, activeFrom: 0 };
  return { method: METHODS['RSA-SHA256'], digest: 'sha256', key };
}

const ROOT = element('saml:Assertion', { ID: '_a' }, element('saml:Issuer', {}, 'https://idp.example.org'));

it('signs the same in this thread and in another', async () => {
  const by = await signer();
  expect(await writeSignedAside(ROOT, 1, by)).toBe(writeSigned(ROOT, 1, by));
});

it('leaves it to another thread where there is a second processor', async () => {
  const settled = vi.fn();
  const signed = writeSignedAside(ROOT, 1, await signer()).then(settled);
  // What this thread did itself is there without a turn of the event loop.
  for (let left = 20; left > 0; left -= 1) await undefined;
  expect(settled).toHaveBeenCalledTimes(availableParallelism() > 1 ? 0 : 1);
  await signed;
  expect(settled).toHaveBeenCalledOnce();
});
