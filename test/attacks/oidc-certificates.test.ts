import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopServer } from '../../src/boot/app.ts';
import { serverOf } from '../../src/boot/server.ts';
import { derOf, type Issued, issue } from '../support/authority.ts';
import { selfSigned } from '../support/certificate.ts';
import { Client } from '../support/client.ts';
import { fapiApplication, holdKey, KeyHolder, redirectOf } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { Person } from '../support/relying-party.ts';

/** Certificates of programs (RFC 8705), shown to us or to a proxy, and whoever only says that one was. */
const HEADER = 'x-client-cert';
const PROXY = '127.0.0.9';
const authority = await issue({ subject: 'CN=Hospital CA', authority: true });
const stranger = await issue({ subject: 'CN=Hospital CA', authority: true });
const one = await issue({ subject: 'CN=app,O=Hospital', by: authority });
const same = await issue({ subject: 'CN=app,O=Hospital', by: authority });
const forged = await issue({ subject: 'CN=app,O=Hospital', by: stranger });
const another = await issue({ subject: 'CN=other,O=Hospital', by: authority });
const own = await issue({ subject: 'CN=alone' });
const jwk = { ...(await exportJWK(own.keys.publicKey)), kid: 'one', x5c: [derOf(own)] };
const key = await holdKey();
const subjectDn = one.certificate.subject.split(', ').reverse().join(',');

const byCertificate = { authentication: 'tls_client_auth', tlsClientAuth: { subjectDn }, senderConstraint: 'mtls' };
const it_ = gatewayOfFile({
  trustedProxies: [PROXY],
  clientCertificateHeader: HEADER,
  applications: {
    app: fapiApplication('app', [key.jwk], { ...byCertificate, jwks: undefined }),
    keyed: application('keyed', {
      ...{ clientSecret: undefined, authentication: 'tls_client_auth', tlsClientAuth: { subjectDn } },
      ...{ redirectUris: [redirectOf('keyed')], senderConstraint: 'dpop' },
    }),
    alone: application('alone', {
      ...{ clientSecret: undefined, authentication: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } },
      ...{ redirectUris: [redirectOf('alone')], senderConstraint: 'mtls', reauthenticate: '1d' },
    }),
  },
  doors: { oidc: { certificateAuthorities: authority.cert, programsAt: 'https://programs.example.org' } },
  policy: { rules: rules('app', 'alone', 'keyed') },
});

const folder = mkdtempSync(join(tmpdir(), 'sallyport-mtls-'));
let tls: Server;
let alice: Person;

beforeAll(async () => {
  const { cert, key } = await selfSigned('localhost');
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  tls = serverOf(it_.gateway.app.web, { ...files, clientCertificates: true });
  await new Promise<void>((resolve) => void tls.listen(0, '127.0.0.1', resolve));
  alice = new Person(it_.gateway, 'alice');
});

afterAll(async () => {
  tls.closeAllConnections();
  await stopServer(tls);
  rmSync(folder, { recursive: true });
});

type Fields = Readonly<Record<string, string>>;
interface Called {
  status: number;
  json: Record<string, unknown>;
}

/** By a proxy, or by whoever pretends to be one. */
async function byHeader(
  path: string,
  fields: Fields,
  shown?: Issued,
  localAddress = PROXY,
  headers = {},
): Promise<Called> {
  const passed = shown ? { [HEADER]: `:${derOf(shown)}:` } : {};
  const client = new Client({
    localAddress,
    headers: { accept: 'application/json', origin: undefined, ...passed, ...headers },
  });
  const reply = await client.post(`${it_.gateway.url}${path}`, fields);
  return { status: reply.status, json: reply.json() as Called['json'] };
}

/** By the proxy, with headers as they stand: a client library would join them, or refuse to send them. */
function byLines(path: string, fields: Fields, headers: readonly [string, string][]): Promise<string> {
  const { hostname, port, host } = new URL(it_.gateway.url);
  const body = new URLSearchParams(fields).toString();
  const lines = [
    ...[`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', `Content-Length: ${body.length}`],
    ...['Content-Type: application/x-www-form-urlencoded', ...headers.map(([name, value]) => `${name}: ${value}`)],
  ];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: PROXY, family: 4 });
    let answer = '';
    socket.on('data', (part: Buffer) => {
      answer += part.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** By TLS of our own; `headers` are what the program sends besides. */
function byTls(path: string, fields: Fields | undefined, shown?: Issued, headers: Fields = {}): Promise<Called> {
  const { port } = tls.address() as AddressInfo;
  const body = fields && new URLSearchParams(fields).toString();
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: '127.0.0.1', port, path, method: body === undefined ? 'GET' : 'POST', rejectUnauthorized: false },
        ...(shown ? { cert: shown.cert, key: shown.key } : {}),
        headers: { host: new URL(it_.gateway.url).host, ...type, ...headers },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, json: text.startsWith('{') ? JSON.parse(text) : {} });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const holder = (id: string) => new KeyHolder(it_.gateway.url, id, key, key);
const requestOf = async (id: string) => ({ client_id: id, ...(await holder(id).request()) });

/** A code of alice's, by whoever may push. */
async function codeOf(id: string, shown: Issued): Promise<string> {
  const { json } = await byTls('/par', await requestOf(id), shown);
  return (await alice.callback(holder(id).authorize(json.request_uri))).searchParams.get('code') ?? '';
}

const tokenFields = (id: string, code: string) => {
  const { redirectUri, verifier } = holder(id);
  return { client_id: id, grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
};

describe('which certificate authenticates', () => {
  it.each<[string, string, Issued | undefined, number]>([
    ['the one that is named, of the authority', 'app', one, 201],
    ['a newer one of the same name', 'app', same, 201],
    ['none', 'app', undefined, 401],
    ['one of the same name, of another authority that calls itself the same', 'app', forged, 401],
    ["another application's", 'app', another, 401],
    ['the authority itself', 'app', authority, 401],
    ['a registered one', 'alone', own, 201],
    ['one that is not registered', 'alone', one, 401],
    ['none, where one is registered', 'alone', undefined, 401],
  ])('%s', async (_what, id, shown, status) => {
    const fields = await requestOf(id);
    expect((await byTls('/par', fields, shown)).status).toBe(status);
    expect((await byHeader('/par', fields, shown)).status).toBe(status);
  });

  it('the header counts of the proxy alone', async () => {
    const fields = await requestOf('app');
    expect((await byHeader('/par', fields, one, '127.0.0.1')).status).toBe(401);
    expect((await byHeader('/par', fields, one, '127.0.0.1', { 'x-forwarded-for': PROXY })).status).toBe(401);
    // Whoever connects without one, or with another, can't say in a header that it was the right one.
    const said = { [HEADER]: `:${derOf(one)}:` };
    expect((await byTls('/par', fields, undefined, said)).status).toBe(401);
    expect((await byTls('/par', fields, another, said)).status).toBe(401);
  });

  it('what cannot be read as one is none', async () => {
    const fields = await requestOf('app');
    for (const value of [
      '',
      '(null)',
      `:${derOf(one)}:, :${derOf(another)}:`,
      `${one.cert}${another.cert}`.replaceAll('\n', ' '),
    ]) {
      expect((await byHeader('/par', fields, undefined, PROXY, { [HEADER]: value })).status).toBe(401);
    }
  });

  it('headers by a like name, or several of one, are not the proxy’s', async () => {
    const fields = await requestOf('app');
    const [right, wrong] = [`:${derOf(one)}:`, `:${derOf(another)}:`];
    const alike: [string, string][][] = [
      [['x_client_cert', right]],
      [['X-Client_Cert', right]],
      [['x-client-cert ', right]],
      [['x-client-certificate', right]],
      [['client-cert', right]],
      [['x-forwarded-client-cert', right]],
      [['x-ssl-client-cert', right]],
      [
        ['x-client-cert', right],
        ['x-client-cert', wrong],
      ],
      [
        ['x-client-cert', wrong],
        ['X-Client-Cert', right],
      ],
      [
        ['x-client-cert', right],
        ['X-CLIENT-CERT', right],
      ],
      [['x-client-cert', `${right}, `]],
      [['x-client-cert', `${right};x=y`]],
      [
        ['x-client-cert', wrong],
        ['x_client_cert', right],
      ],
      [
        ['connection', 'x-client-cert'],
        ['x_client_cert', right],
      ],
    ];
    for (const headers of alike) {
      const answer = await byLines('/par', fields, headers);
      expect(answer, JSON.stringify(headers.map(([name]) => name))).toMatch(/^HTTP\/1\.1 40[01] /);
    }
    expect(await byLines('/par', fields, [['X-Client-Cert', right]])).toMatch(/^HTTP\/1\.1 201 /);
  });
});

describe('tokens bound to a certificate', () => {
  it('are given to who shows one, and count with that one alone', async () => {
    const code = await codeOf('app', one);
    const { status, json } = await byTls('/token', tokenFields('app', code), one);
    expect([status, json.token_type]).toEqual([200, 'Bearer']);
    const authorization = `Bearer ${json.access_token}`;
    expect((await byTls('/userinfo', undefined, one, { authorization })).status).toBe(200);
    for (const shown of [undefined, same, another])
      expect((await byTls('/userinfo', undefined, shown, { authorization })).status).toBe(401);
    const told = await byTls('/introspect', { client_id: 'app', token: String(json.access_token) }, one);
    expect(told.json).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) } });
  });

  it('a refresh binds the next one to the certificate of then', async () => {
    const first = (await byTls('/token', tokenFields('alone', await codeOf('alone', own)), own)).json;
    const fields = { client_id: 'alone', grant_type: 'refresh_token', refresh_token: String(first.refresh_token) };
    expect((await byTls('/token', fields, one)).status).toBe(401);
    const next = (await byTls('/token', fields, own)).json;
    const authorization = `Bearer ${next.access_token}`;
    expect((await byTls('/userinfo', undefined, own, { authorization })).status).toBe(200);
    expect((await byTls('/userinfo', undefined, undefined, { authorization })).status).toBe(401);
  });
});

describe('the name under which programs are asked for a certificate', () => {
  it('is published, and leads to their endpoints alone', async () => {
    const published = (await byTls('/.well-known/openid-configuration', undefined)).json;
    expect(published).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: { token_endpoint: 'https://programs.example.org/token' },
    });
    expect(published.mtls_endpoint_aliases).not.toHaveProperty('authorization_endpoint');
    const host = 'programs.example.org';
    expect((await byTls('/par', await requestOf('app'), one, { host })).status).toBe(201);
    for (const path of ['/authorize', '/sign-in/x', '/account', '/.well-known/openid-configuration'])
      expect((await byTls(path, undefined, one, { host })).status).toBe(421);
    expect((await byTls('/par', await requestOf('app'), one, { host: 'evil.example' })).status).toBe(421);
  });

  it('is the address that a proof of a key names there (RFC 9449 section 4.3)', async () => {
    const fields = await requestOf('keyed');
    const own = holder('keyed');
    const host = 'programs.example.org';
    const push = async (htu: string, headers: Fields = {}) =>
      byTls('/par', fields, one, { host, dpop: await own.proof('POST', '/par', { htu }), ...headers });
    expect(await push('https://programs.example.org/par')).toMatchObject({ status: 201 });
    for (const htu of [
      `${it_.gateway.url}/par`,
      'http://programs.example.org/par',
      'https://evil.example/par',
      'https://programs.example.org/token',
    ])
      expect((await push(htu)).json.error).toBe('invalid_dpop_proof');
    const forwarded = { 'x-forwarded-host': 'evil.example' };
    expect((await push('https://evil.example/par', forwarded)).json.error).toBe('invalid_dpop_proof');
    // By the issuer's own name the other is none.
    const there = { host: new URL(it_.gateway.url).host };
    expect((await push('https://programs.example.org/par', there)).json.error).toBe('invalid_dpop_proof');
  });

  it('openid-client finds its way by it', async () => {
    const metadata: openid.ClientMetadata = { client_id: 'app', use_mtls_endpoint_aliases: true };
    const options: openid.DiscoveryRequestOptions = { execute: [openid.allowInsecureRequests] };
    const config = await openid.discovery(new URL(it_.gateway.url), 'app', metadata, openid.TlsClientAuth(), options);
    config[openid.customFetch] = async (url, { body, headers }) => {
      const target = new URL(url);
      expect(target.origin).toBe('https://programs.example.org');
      const fields = Object.fromEntries(new URLSearchParams(String(body)));
      const { status, json } = await byTls(target.pathname, fields, one, { ...(headers as Fields), host: target.host });
      return Response.json(json, { status });
    };
    const url = await openid.buildAuthorizationUrlWithPAR(config, await holder('app').request());
    expect(url.searchParams.get('request_uri')).toMatch(/^urn:ietf:params:oauth:request_uri:/);
  });
});
