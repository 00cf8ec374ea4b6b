import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll } from 'vitest';
import { selfSigned } from '../../demo/shared/certificate.ts';

export { selfSigned };

/** A server's own certificate, which this process trusts until the file's tests are over. */
export async function trustedHere(host = 'localhost'): Promise<{ cert: string; key: string }> {
  const made = await selfSigned(host);
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, made.cert]);
  afterAll(() => setDefaultCACertificates(before));
  return made;
}
