import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { METHODS } from '../request.ts';
import { type Asking, startEntra } from './entra.ts';

/** The double refuses what Entra refuses: in what it reads of us, and in each answer. */

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };

async function certified() {
  const keys = await crypto.subtle.generateKey({ ...RS256, modulusLength: 2048 }, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({ name: 'CN=here', signingAlgorithm: RS256, keys });
  const x5c = [Buffer.from(made.rawData).toString('base64')];
  return { keys, jwk: { ...(await exportJWK(keys.publicKey)), kid: 'ours', use: 'sig', alg: 'RS256', x5c } };
}
const [ours, others] = [await certified(), await certified()];
const stranger = await generateKeyPair('RS256');

/** Somebody who serves documents like ours, changed as a test says, and Entra beside them. */
async function tenant(change: { discovery?: object; key?: object; chunked?: boolean } = {}) {
  const entra = await startEntra();
  let issuer = '';
  const listener: RequestListener = (req, res) => {
    const discovery = {
      ...{ issuer, authorization_endpoint: `${issuer}/authorize`, jwks_uri: `${issuer}/jwks` },
      ...{ scopes_supported: ['openid'], response_types_supported: ['id_token'] },
      ...{ response_modes_supported: ['form_post'], subject_types_supported: ['public'] },
      ...{ id_token_signing_alg_values_supported: ['RS256'], claim_types_supported: ['normal'] },
      ...{ claims_supported: ['iss'], ...change.discovery },
    };
    const text = JSON.stringify(req.url?.endsWith('/jwks') ? { keys: [{ ...ours.jwk, ...change.key }] } : discovery);
    if (change.chunked) res.writeHead(200, { 'transfer-encoding': 'chunked' });
    else res.writeHead(200, { 'content-length': Buffer.byteLength(text) });
    res.end(text);
  };
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/entra/office`;
  onTestFinished(async () => {
    await entra.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { entra, issuer };
}

describe('the double of Entra, reading our documents,', () => {
  it.each<[string, Parameters<typeof tenant>[0], RegExp]>([
    ['no length', { chunked: true }, /Content-Length/],
    ['another issuer', { discovery: { issuer: 'http://127.0.0.1/entra/office/' } }, /issuer differs/],
    ['an address for sign-ins that isn’t the issuer’s', { discovery: { authorization_endpoint: undefined } }, /author/],
    ['codes alone', { discovery: { response_types_supported: ['code'] } }, /response_types_supported/],
    ['no posted forms', { discovery: { response_modes_supported: ['query'] } }, /response_modes_supported/],
    ['no scope', { discovery: { scopes_supported: undefined } }, /scopes_supported/],
    ['pairwise subjects', { discovery: { subject_types_supported: ['pairwise'] } }, /subject_types_supported/],
    ['other signatures', { discovery: { id_token_signing_alg_values_supported: ['ES256'] } }, /signing_alg/],
    ['no kind of claim', { discovery: { claim_types_supported: [] } }, /claim_types_supported/],
    ['no claims', { discovery: { claims_supported: undefined } }, /claims_supported/],
    ['a key without a certificate', { key: { x5c: undefined } }, /x5c/],
    ['a key with another’s certificate', { key: { x5c: others.jwk.x5c } }, /another key/],
    ['a key for encryption', { key: { use: 'enc' } }, /of another kind/],
  ])('complains of %s', async (_what, change, complaint) => {
    const { entra, issuer } = await tenant(change);
    await expect(entra.discover(issuer)).rejects.toThrow(complaint);
  });
});

interface Change {
  claims?: Record<string, unknown>;
  key?: CryptoKey;
  kid?: string;
  fields?: Record<string, string>;
  asking?: Partial<Asking>;
}

/** An answer that is right but for what is given, and what Entra makes of it. */
async function judged({ claims = {}, key = ours.keys.privateKey, kid = 'ours', fields = {}, asking = {} }: Change) {
  const { entra, issuer } = await tenant();
  await entra.discover(issuer);
  const asked = await entra.ask({ oid: 'somebody', sub: 'sub-of-somebody', ...asking });
  const seconds = Math.floor(Date.now() / 1000);
  const usual = {
    ...{ iss: issuer, aud: asked.client_id, sub: 'sub-of-somebody', iat: seconds, exp: seconds + 300 },
    ...{ nonce: asked.nonce, acr: 'possessionorinherence', amr: ['otp'] },
  };
  const id_token = await new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  const body = new URLSearchParams({ id_token, state: asked.state ?? '', ...fields });
  await fetch(`${entra.authority}/common/federation/externalauthprovider`, { method: 'POST', body });
  return entra.judged.at(-1);
}

describe('the double of Entra, given an answer,', () => {
  it('counts the method of a right one', async () => {
    expect(await judged({})).toEqual({ acr: 'possessionorinherence', amr: 'otp' });
    for (const amr of METHODS) expect(await judged({ claims: { amr: [amr] } })).toHaveProperty('amr', amr);
  });

  it.each<[string, Change, RegExp]>([
    ['another issuer', { claims: { iss: 'https://evil.example' } }, /IDSTS50012.*iss/],
    ['another audience', { claims: { aud: 'somebody' } }, /IDSTS50012.*aud/],
    ['another person', { claims: { sub: 'sub-of-another' } }, /IDSTS50012.*sub/],
    ['a time that is over', { claims: { exp: 1 } }, /IDSTS50012.*exp/],
    ['no end', { claims: { exp: undefined } }, /IDSTS50012.*exp/],
    ['no beginning', { claims: { iat: undefined } }, /IDSTS50012.*iat/],
    ['another sign-in', { claims: { nonce: 'another' } }, /^nonce$/],
    ['a class that wasn’t asked for', { claims: { acr: 'knowledge' } }, /^acr$/],
    ['no class', { claims: { acr: undefined } }, /^acr$/],
    ['two methods', { claims: { amr: ['otp', 'fido'] } }, /AADSTS50130/],
    ['a method that is no list', { claims: { amr: 'otp' } }, /AADSTS50130/],
    ['no method', { claims: { amr: [] } }, /AADSTS50130/],
    ['a password', { claims: { amr: ['pwd'] } }, /AADSTS50130/],
    ['a method that wasn’t asked for', { asking: { amr: ['fido'] } }, /wasn’t asked|not asked/],
    ['somebody else’s key', { key: stranger.privateKey }, /IDSTS50012.*signature/],
    ['a key that was never published', { kid: 'another' }, /IDSTS50012.*(key|JSON)/],
    ['another state', { fields: { state: 'another' } }, /no request with this state/],
    ['our error', { fields: { error: 'access_denied' } }, /^access_denied$/],
  ])('refuses %s', async (_what, change, error) => {
    expect(await judged(change)).toEqual({ error: expect.stringMatching(error) });
  });
});
