import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Issued, issue } from '../../../test/support/authority.ts';
import { isVouchedFor, matches, readAuthorities } from './certificates.ts';

const authority = await issue({ subject: 'CN=Hospital CA', authority: true });
const below = await issue({ subject: 'CN=Wards CA', authority: true, by: authority });
const stranger = await issue({ subject: 'CN=Hospital CA', authority: true });
const read = ({ cert }: Issued) => new X509Certificate(cert);
const app = (more = {}) => issue({ subject: 'CN=app, O=Hospital, C=HK', by: authority, ...more });
const vouched = (it: Issued, by = authority.cert) => isVouchedFor(read(it), readAuthorities(by), Date.now());

describe('who vouches for a certificate', () => {
  it('an authority that is named, directly', async () => {
    expect(vouched(await app())).toBe(true);
    expect(vouched(await app({ by: below }), `${authority.cert}\n${below.cert}`)).toBe(true);
  });

  it('nobody: another of that name, one below it, itself, another client', async () => {
    const leaf = await app();
    expect(vouched(await app({ by: stranger }))).toBe(false);
    expect(vouched(await app({ by: below }))).toBe(false);
    expect(vouched(await issue({ subject: 'CN=app' }))).toBe(false);
    expect(vouched(await app({ by: leaf }), leaf.cert)).toBe(false);
    expect(vouched(leaf, '')).toBe(false);
  });

  it('only while it is of age, and for clients', async () => {
    expect(vouched(await app({ days: [-3, -1] }))).toBe(false);
    expect(vouched(await app({ days: [1, 3] }))).toBe(false);
    expect(vouched(await app({ usage: '1.3.6.1.5.5.7.3.1' }))).toBe(false);
  });
});

describe('the name that a client is known by', () => {
  const DN = 'tls_client_auth_subject_dn';

  it('its subject, as RFC 4514 writes it', async () => {
    const one = read(await app());
    for (const name of ['C=HK,O=Hospital,CN=app', 'c=HK, o=Hospital, cn=app']) {
      expect([name, matches(one, DN, name)]).toEqual([name, true]);
    }
    for (const name of ['CN=app', 'C=HK,O=Hospital', 'C=HK,O=Hospital,CN=APP', 'C=HK,O=Hospital,CN=app,CN=app', ''])
      expect([name, matches(one, DN, name)]).toEqual([name, false]);
  });

  it('no value passes for two parts of it', async () => {
    for (const subject of [
      [{ CN: ['app\nO=Hospital'] }],
      [{ CN: ['app,O=Hospital'] }],
      [{ CN: ['app+O=Hospital'] }],
      [{ O: ['Hospital\nCN=app'] }],
    ]) {
      const { X509CertificateGenerator, Name } = await import('@peculiar/x509');
      const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
      const name = new Name(subject as never);
      const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
      const made = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm });
      const certificate = new X509Certificate(Buffer.from(made.rawData));
      for (const expected of ['O=Hospital,CN=app', 'CN=app,O=Hospital', 'CN=app'])
        expect([expected, matches(certificate, DN, expected)]).toEqual([expected, false]);
    }
  });

  it('one of its other names, whole', async () => {
    const one = read(
      await app({
        names: [
          { type: 'dns', value: 'app.example.org' },
          { type: 'url', value: 'https://app.example.org/id, URI:https://evil.example' },
          { type: 'ip', value: '192.0.2.7' },
          { type: 'email', value: 'app@example.org' },
        ],
      }),
    );
    expect(matches(one, 'tls_client_auth_san_dns', 'app.example.org')).toBe(true);
    expect(matches(one, 'tls_client_auth_san_dns', 'www.app.example.org')).toBe(false);
    expect(matches(one, 'tls_client_auth_san_ip', '192.0.2.7')).toBe(true);
    expect(matches(one, 'tls_client_auth_san_ip', '192.0.2.8')).toBe(false);
    expect(matches(one, 'tls_client_auth_san_email', 'app@example.org')).toBe(true);
    expect(matches(one, 'tls_client_auth_san_uri', 'https://evil.example')).toBe(false);
    expect(matches(one, 'tls_client_auth_san_uri', 'https://app.example.org/id, URI:https://evil.example')).toBe(true);
    expect(matches(read(await app()), 'tls_client_auth_san_dns', 'app')).toBe(false);
  });
});
