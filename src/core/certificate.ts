import { X509Certificate } from 'node:crypto';

/** Whether a text is a certificate, as settings hold one: PEM. */
export function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

/** A certificate that a program showed as it connected, parsed once. */
export type ClientCertificate = X509Certificate;
