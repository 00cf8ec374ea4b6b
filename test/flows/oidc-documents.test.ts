import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let folder: string;
let gateway: Gateway;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-documents-'));
  gateway = await startGateway({ folder, withoutRelyingParty: true });
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Of one answer alone. */
const OWN = new Set(['date', 'x-request-id']);

async function answered(path: string, headers: Record<string, string> = {}) {
  const reply = await new Client().get(`${gateway.url}${path}`, { headers });
  const shared = [...Object.entries(reply.headers)].filter(([name]) => !OWN.has(name)).sort();
  return { status: reply.status, headers: Object.fromEntries(shared), body: reply.body };
}

it.each(['/.well-known/openid-configuration', '/jwks'])('%s: what was kept is what was made', async (path) => {
  const made = await answered(path);
  expect(made).toMatchObject({ status: 200, headers: { 'content-type': expect.stringContaining('json') } });
  const kept = await answered(path);
  expect(kept).toEqual(made);
  // An origin is answered for itself, and nobody after it.
  const told = await answered(path, { origin: 'https://site.example' });
  expect(told.body).toBe(made.body);
  expect(told.headers).toHaveProperty('access-control-allow-origin');
  expect(await answered(path)).toEqual(made);
  expect((await answered(`${path}?a=b`)).body).toBe(made.body);
});

it('no other method or path is answered with it', async () => {
  const path = '/.well-known/openid-configuration';
  await answered(path);
  const posted = await fetch(`${gateway.url}${path}`, { method: 'POST' });
  expect(posted.status).toBe(405);
  expect((await answered(`${path}/`)).status).toBe(404);
});
