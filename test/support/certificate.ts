import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll } from 'vitest';
import { selfSigned } from '../../demo/shared/certificate.ts';

export { selfSigned };

/** A server's own certificate for `localhost`, which this process trusts until the file's tests are over. */
export async function trustedHere(): Promise<{ cert: string; key: string }> {
  const made = await selfSigned('localhost');
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, made.cert]);
  afterAll(() => setDefaultCACertificates(before));
  return made;
}
