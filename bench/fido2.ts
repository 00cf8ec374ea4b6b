import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { realWorld } from '../src/boot/parts.ts';
import { SoftwareAuthenticator } from '../src/factors/fido2/double.ts';
import module from '../src/factors/fido2/index.ts';
import type { Enrolled } from '../src/factors/fido2/schemas.ts';
import { factorPorts } from '../test/support/outside.ts';
import { ada as account } from '../test/support/people.ts';
import { rate } from './rates.ts';

const DURATION = 2_000;
const ORIGIN = 'https://login.example.edu';

const ports = factorPorts(Date.now, { ...realWorld, issuer: ORIGIN });

interface Options {
  publicKey: { challenge: string; rp: { id: string }; rpId: string; user: { id: string } };
}

/** Assertions verified per second, every check of the factor included, beside bare ES256 verification. */
export async function fido2(): Promise<Record<string, string | number>[]> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const data = Buffer.alloc(69);
  const signature = sign('sha256', data, privateKey);
  const bare = Math.round(
    await rate(() => verify('sha256', data, publicKey, signature), { atOnce: 1, duration: DURATION }),
  );

  const factor = module.create(module.settings.parse({}), ports);
  const device = new SoftwareAuthenticator(ORIGIN);
  const enrolment = await factor.enrols?.begin(account, []);
  if (enrolment?.prompt.kind !== 'ceremony') throw new Error('no enrolment');
  const created = device.create((enrolment.prompt.options as Options).publicKey);
  const confirmed = await factor.enrols?.confirm(enrolment.pending, created);
  if (confirmed?.outcome !== 'confirmed') throw new Error('not confirmed');
  const { data: stored, name } = confirmed;
  const enrolled: Enrolled = { id: 'c1', account: 'a1', factor: 'fido2', name, data: stored, createdAt: 0, version: 1 };
  const { prompt, pending } = await factor.challenge(account, [enrolled]);
  if (prompt.kind !== 'ceremony') throw new Error('no challenge');
  const answer = device.get((prompt.options as Options).publicKey);
  const once = async () => {
    const verdict = await factor.verify(pending, [enrolled], answer, account);
    if (verdict.outcome !== 'proved') throw new Error('not proved');
  };
  const assertions = Math.round(await rate(once, { duration: DURATION }));
  return [{ 'assertions/s': assertions, 'ES256 verifications/s': bare, ratio: (assertions / bare).toFixed(2) }];
}
