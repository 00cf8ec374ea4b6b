import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Finding } from '../../core/finding.ts';
import type { Config } from '../config.ts';
import { ending, fault, good, notice } from './told.ts';

/** A file or folder, and the bits of its mode; undefined where it isn't there. */
export interface Mode {
  path: string;
  mode: number | undefined;
}

export const modeOf = (path: string): Mode => ({
  path,
  mode: existsSync(path) ? statSync(path).mode & 0o777 : undefined,
});

/** What only the gateway's own user is to read. */
export function ownFiles(modes: readonly Mode[]): Finding[] {
  const open = modes.filter(({ mode = 0 }) => (mode & 0o077) !== 0);
  if (open.length === 0) return [good('nobody else of this machine can read the data')];
  return open.map(({ path, mode = 0 }) =>
    fault(`${path} is open to others of this machine (${octal(mode)})`, `chmod ${octal(mode & 0o700)} ${path}`),
  );
}

/** Secrets that the configuration takes from files: of a container's they may be open within it. */
export function secretFiles(modes: readonly Mode[]): Finding[] {
  const open = modes.filter(({ mode = 0 }) => (mode & 0o004) !== 0);
  if (open.length === 0) return [good('no secret is readable by everybody')];
  return open.map(({ path, mode = 0 }) =>
    notice(
      `${path} can be read by everybody of this machine (${octal(mode)})`,
      `chmod o-rwx ${path}, unless this is a container of its own`,
    ),
  );
}

const octal = (mode: number): string => mode.toString(8).padStart(3, '0');

export function dataFiles({ data }: Pick<Config, 'data'>): Mode[] {
  return [data, ...['control.sock', 'sealing.key', 'sallyport.db', 'ephemeral.db'].map((name) => join(data, name))].map(
    modeOf,
  );
}

/** The files that `${file:…}` names in the configuration's text. */
export function filesNamed({ file }: Pick<Config, 'file'>): Mode[] {
  const named = readFileSync(file, 'utf8').matchAll(/\$\{file:([^}]+)\}/g);
  return [...new Set([...named].map(([, path = '']) => resolve(dirname(file), path.trim())))].map(modeOf);
}

/** The certificate that people's browsers are shown, where this process ends TLS itself. */
export function ownCertificate(pem: string, issuer: string, now: number): Finding[] {
  const certificate = new X509Certificate(pem);
  const { hostname } = new URL(issuer);
  const named = certificate.checkHost(hostname) !== undefined;
  return [
    ending('the certificate of listen.tls', Date.parse(certificate.validTo), now, 'Renew it, and restart or reload.'),
    ...(named
      ? []
      : [fault(`the certificate of listen.tls isn't for ${hostname}`, 'Have one made for the host of the issuer.')]),
  ];
}
