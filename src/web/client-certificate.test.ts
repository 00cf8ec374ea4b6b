import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../test/support/certificate.ts';
import { readCertificate } from './client-certificate.ts';

const { cert } = await selfSigned('app.example.org');
const other = (await selfSigned('other.example.org')).cert;
const own = new X509Certificate(cert);
const der = own.raw.toString('base64');

describe('a certificate in a header', () => {
  it.each<[string, string]>([
    ['RFC 9440', `:${der}:`],
    ['PEM, percent-encoded (nginx)', encodeURIComponent(cert)],
    ['PEM without its first and last line, percent-encoded (Traefik)', encodeURIComponent(der)],
    ['PEM in one line', cert.replaceAll('\n', ' ')],
    ['DER in base64', der],
  ])('%s', (_form, value) => {
    expect(readCertificate(value)?.fingerprint256).toBe(own.fingerprint256);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a word', '(null)'],
    ['two of them', `${cert}${other}`],
    ['two lines of the header', `:${der}:, :${der}:`],
    ['one with something behind it', Buffer.concat([own.raw, Buffer.from('more')]).toString('base64')],
    ['half of one', der.slice(0, 200)],
    ['a broken escape', '%E0%A4%A'],
    ['very much', der.repeat(100)],
  ])('is none: %s', (_form, value) => {
    expect(readCertificate(value)).toBeUndefined();
  });
});
