import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import type { PeerCertificate } from '../../core/listening.ts';
import { HEADER, LONGEST } from './codec/packet.ts';
import { holds, type Range, rangeOf } from './networks.ts';

/** What stands in the place of a secret: TLS protects what comes (RFC 6614 section 2.3). */
export const TLS_SECRET = 'radsec';

/** Octets of the packet that these begin with (RFC 6613 section 2.6.4: what lies about its length ends the connection). */
function lengthOf(octets: Buffer): number | 'unknown' | 'broken' {
  if (octets.length < 4) return 'unknown';
  const length = octets.readUInt16BE(2);
  return length < HEADER || length > LONGEST ? 'broken' : length;
}

/** How packets stand in a connection. */
export const PACKETS = { lengthOf, longest: LONGEST };

const pem = z.string().trim().refine(isCertificate, { error: 'must be a certificate in PEM' });

/** `doors.radius.radsec`: what the port over TLS shows, and whose word it takes. */
export const radsecDoor = z
  .strictObject({
    cert: pem.describe('Certificate that is shown to clients, PEM, with those between it and its authority; by a file'),
    key: z.string().trim().min(1).describe('And its key, PEM; by a file'),
    ca: pem
      .optional()
      .describe('Authorities that vouch for clients’ certificates, PEM; without it only pinned certificates count'),
  })
  .superRefine(({ cert, key }, { addIssue }) => {
    if (!isCertificate(cert) || isKeyOf(cert, key)) return;
    addIssue({ code: 'custom', path: ['key'], message: 'must be the key of the certificate, in PEM' });
  });

function isKeyOf(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** SHA-256 as `openssl x509 -fingerprint -sha256` writes it, or without its colons. */
const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{64}$/.test(text), {
    error: 'must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with colons or without',
  });

const host = z.string().regex(/^[A-Za-z0-9_]([A-Za-z0-9_.@-]{0,251}[A-Za-z0-9_])?$/, {
  error: 'must be a name as it stands in the certificate, such as vpn.example.org, without wildcards',
});

/** `applications.<id>.radius.radsec`: by which certificates a client is known. */
export const radsecClient = z
  .strictObject({
    names: z
      .array(host)
      .max(100)
      .default([])
      .describe('Names in its certificate, which an authority of doors.radius.radsec.ca vouches for'),
    fingerprints: z
      .array(fingerprint)
      .max(100)
      .default([])
      .describe('Certificates themselves, by their SHA-256; nobody has to vouch for them'),
  })
  .refine(({ names, fingerprints }) => names.length + fingerprints.length > 0, {
    error: 'knows no certificate: give names, fingerprints or both',
  });
export type RadsecClient = z.output<typeof radsecClient>;

/** Whether a certificate is one of a client's. */
export function isItsOwn(
  { radsec }: { radsec?: RadsecClient | undefined },
  { fingerprint: shown, vouched, isOf }: PeerCertificate,
): boolean {
  if (radsec === undefined) return false;
  return radsec.fingerprints.includes(shown) || (vouched && radsec.names.some(isOf));
}

interface Checked {
  id: string;
  settings: {
    clients: readonly string[];
    secret?: string | undefined;
    disconnect?: unknown;
    radsec?: RadsecClient | undefined;
  };
}

/** What a schema can't see of clients that come over TLS: who can't come at all, and two that nothing tells apart. */
export function checkRadsec(
  applications: readonly Checked[],
  door: { radsec?: { ca?: string | undefined } | undefined } | undefined,
): { application: string; path: string; message: string }[] {
  const before: Checked[] = [];
  return applications.flatMap((client) => {
    const { id, settings } = client;
    const { secret, radsec, disconnect } = settings;
    const found: [path: string, message: string][] = [];
    if (secret === undefined && radsec === undefined)
      found.push(['secret', 'is needed: without it, and without radsec, nothing can come from there']);
    if (secret === undefined && disconnect !== undefined)
      found.push(['disconnect', 'needs secret: what it is asked goes over UDP']);
    if (radsec && door && door.radsec === undefined)
      found.push(['radsec', 'needs doors.radius.radsec: no port takes connections over TLS']);
    if (radsec && radsec.names.length > 0 && door?.radsec && door.radsec.ca === undefined)
      found.push(['radsec.names', 'needs doors.radius.radsec.ca: nobody vouches for a name']);
    const twin = before.find((other) => areAlike(other, client));
    if (twin) found.push(['radsec', `is ${twin.id}’s already: a certificate and an address must tell whose it is`]);
    before.push(client);
    return found.map(([path, message]) => ({ application: id, path, message }));
  });
}

function areAlike({ settings: one }: Checked, { settings: other }: Checked): boolean {
  const keysOf = ({ radsec }: Checked['settings']) =>
    radsec ? [...radsec.names.map((name) => name.toLowerCase()), ...radsec.fingerprints] : [];
  const keys = new Set(keysOf(one));
  if (!keysOf(other).some((key) => keys.has(key))) return false;
  const rangesOf = (it: Checked['settings']) => it.clients.flatMap((text) => rangeOf(text) ?? []);
  const others = rangesOf(other);
  return rangesOf(one).some((range) => others.some((it) => overlap(range, it)));
}

const overlap = (one: Range, other: Range): boolean =>
  holds(one, other.network.toString()) || holds(other, one.network.toString());
