import { X509Certificate } from 'node:crypto';
import type { OidcApplication } from './application.ts';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Extended key usage of a client (RFC 5280 section 4.2.1.12), and of everything. */
const FOR_CLIENTS: readonly string[] = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** Metadata of a client that says which certificate is its own (RFC 8705 section 2.1.2), by our settings. */
export const SUBJECTS = {
  subjectDn: 'tls_client_auth_subject_dn',
  sanDns: 'tls_client_auth_san_dns',
  sanUri: 'tls_client_auth_san_uri',
  sanIp: 'tls_client_auth_san_ip',
  sanEmail: 'tls_client_auth_san_email',
} as const satisfies Record<keyof NonNullable<OidcApplication['tlsClientAuth']>, string>;

export function readAuthorities(text: string): X509Certificate[] {
  return (text.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
}

/**
 * Whether one of these authorities has issued it, directly, and it is of age and for clients. Whoever may issue for
 * others below is named among them, or nothing that it issues will do: nobody has to send us a chain.
 */
export function isVouchedFor(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  const { keyUsage } = certificate as { keyUsage?: string[] };
  if (keyUsage !== undefined && !keyUsage.some((use) => FOR_CLIENTS.includes(use))) return false;
  if (!isOfAge(certificate, now)) return false;
  return authorities.some(
    (authority) =>
      authority.ca &&
      isOfAge(authority, now) &&
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey),
  );
}

function isOfAge({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now < Date.parse(validTo);
}

/** Whether it says what is registered, exactly. */
export function matches(certificate: X509Certificate, property: string, expected: string): boolean {
  if (property === SUBJECTS.subjectDn) return subjectOf(certificate) === normalised(expected);
  if (property === SUBJECTS.sanDns)
    return namesOf(certificate).some((it) => it.is === 'DNS' && same(it.name, expected));
  if (property === SUBJECTS.sanEmail)
    return namesOf(certificate).some((it) => it.is === 'email' && it.name === expected);
  if (property === SUBJECTS.sanUri) return namesOf(certificate).some((it) => it.is === 'URI' && it.name === expected);
  if (property === SUBJECTS.sanIp) return certificate.checkIP(expected) !== undefined;
  return false;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * The subject as RFC 4514 writes it: last part first, `,` between. Node escapes in each line what that wants escaped,
 * line ends as well, so that no value can pass for two parts.
 */
function subjectOf({ subject }: X509Certificate): string {
  return normalised((subject ?? '').split('\n').reverse().join(','));
}

/** Types of attributes in capitals, and no white space around separators. */
function normalised(name: string): string {
  const parts = name.split(/(?<!\\),/).map((part) => part.trim());
  return parts
    .map((part) => part.replace(/^[A-Za-z0-9.]+\s*=\s*/, (type) => type.replace(/\s/g, '').toUpperCase()))
    .join(',');
}

const NAME = /(DNS|email|URI|IP Address|[^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;

/** Subject alternative names. Node writes whatever could be taken for a separator as a JSON string. */
function namesOf({ subjectAltName = '' }: X509Certificate): { is: string; name: string }[] {
  const found: { is: string; name: string }[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < subjectAltName.length) {
    const [, is = '', raw = ''] = NAME.exec(subjectAltName) ?? [];
    // Written in some other way: nothing of it is believed.
    if (is === '') return [];
    found.push({ is, name: raw.startsWith('"') ? (JSON.parse(raw) as string) : raw });
  }
  return found;
}
