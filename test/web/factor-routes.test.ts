import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import express, { type Express } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { FactorRoute, FactorRoutes } from '../../src/core/route.ts';
import { assets } from '../../src/web/assets.ts';
import type { WebDeps } from '../../src/web/context.ts';
import { factorRoutes, ownOrigins } from '../../src/web/factor-routes.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { recordingAudit, recordingLog } from '../support/recording.ts';
import { openEphemeral } from '../support/sign-in.ts';

function appFolder(): URL {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'icons'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>App</title>');
  writeFileSync(join(folder, 'sw.js'), '0');
  writeFileSync(join(folder, 'icons', 'a.png'), 'png');
  return pathToFileURL(`${folder}/`);
}

const echo: FactorRoute<{ n: number }> = {
  method: 'POST',
  path: '/api/echo',
  who: 'none',
  cors: true,
  perMinute: 3,
  body: z.strictObject({ n: z.int() }),
  async handle({ body: { n } }) {
    if (n < 0) throw new Error('the inside of it');
    return n === 0 ? { status: 204 } : { status: 201, json: { n } };
  },
};

/** The routes alone, in a server of their own. */
async function serve(more: Partial<FactorRoutes> = {}) {
  const headers = { 'content-security-policy': "default-src 'none'" };
  // What the schema has read is what the handler takes.
  const routes: FactorRoutes = {
    base: '/app',
    files: { folder: appFolder(), headers },
    routes: [echo as FactorRoute],
    ...more,
  };
  const { log, lines } = recordingLog();
  const { audit } = recordingAudit();
  const ephemeral = await openEphemeral('embedded', Date.now);
  // Of all that pages are given, these need no more.
  const mounted = { routes: [{ factor: 'sample', routes }], assets: assets() };
  const deps = { ...mounted, ephemeral, now: Date.now, log, audit } as unknown as WebDeps;
  const app: Express = express();
  app.use((_req, res, next) => {
    Object.assign(res.locals, { browser: { ip: '192.0.2.1', userAgent: '', locale: 'en', reference: 'R' } });
    next();
  });
  app.use(ownOrigins(deps));
  app.use(factorRoutes(deps));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (body: string, headers = {}) =>
    fetch(`${url}/app/api/echo`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  return { url, post, lines };
}

describe('an app of a factor', () => {
  it('is served file by file, asked again each time, and nothing beside it', async () => {
    const { url } = await serve();
    const client = new Client();
    expect((await client.get(`${url}/app`)).location?.pathname).toBe('/app/');
    const page = await client.get(`${url}/app/`);
    expect(page.body).toContain('<title>App</title>');
    expect(page.headers).toMatchObject({
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-cache',
    });
    expect((await client.get(`${url}/app/sw.js`)).headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await client.get(`${url}/app/icons/a.png`)).headers['content-type']).toBe('image/png');
    const again = await client.get(`${url}/app/`, { headers: { 'if-none-match': page.headers.etag } });
    expect(again.status).toBe(304);
    for (const path of ['/app/../package.json', '/app/%2e%2e/package.json', '/app/icons', '/app/index.htm']) {
      expect((await client.get(url + path)).status).toBe(404);
    }
  });

  it.each([
    ['at the issuer', '/app', undefined],
    ['with an origin of its own', '', 'https://app.example'],
  ])('%s has what it takes of the pages among its own files, and no more of it', async (_, base, origin) => {
    const headers = { 'content-security-policy': "default-src 'none'" };
    const files = { folder: appFolder(), headers, assets: ['sallyport.css'] };
    const { url } = await serve({ files, ...(origin ? { origin } : {}) });
    const client = new Client();
    const at = (path: string) => client.get(url + base + path, origin ? { headers: { host: 'app.example' } } : {});
    const sheet = await at('/sallyport.css');
    expect([sheet.status, sheet.body]).toEqual([200, assets().get('/assets/sallyport.css')?.body.toString()]);
    expect(sheet.headers).toMatchObject({
      ...headers,
      'cache-control': 'no-cache',
      'content-type': 'text/css; charset=utf-8',
    });
    expect((await at('/frame.css')).status).toBe(404);
  });

  it.each([
    ['that the pages haven’t', 'other.css', 'other.css'],
    ['in the place of its own file', 'page.js', 'page.js'],
  ])('doesn’t start with an asset %s', async (_, name, own) => {
    const folder = appFolder();
    if (own === 'page.js') writeFileSync(new URL(own, folder), '0');
    await expect(serve({ files: { folder, headers: {}, assets: [name] } })).rejects.toThrow(name);
  });

  it('with an origin of its own is served there, at its root, and only there', async () => {
    const { url } = await serve({ origin: 'https://app.example' });
    const client = new Client();
    const at = (path: string) => client.get(url + path, { headers: { host: 'app.example' } });
    expect((await at('/')).body).toContain('<title>App</title>');
    expect((await at('/sw.js')).status).toBe(200);
    for (const path of ['/app/', '/app/api/echo', '/authorize', '/account']) expect((await at(path)).status).toBe(404);
    expect((await client.get(`${url}/app/`)).location?.href).toBe('https://app.example/');
    expect((await client.get(`${url}/app/sw.js`)).status).toBe(404);
  });
});

describe('a call', () => {
  it('is handed on in its shape alone, and answered as the factor says', async () => {
    const { post } = await serve();
    const answer = await post('{"n":1}');
    expect([answer.status, await answer.json()]).toEqual([201, { n: 1 }]);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect((await post('{"n":0}')).status).toBe(204);
    expect((await post('{"n":"1"}')).status).toBe(400);
  });

  it('is limited for each address', async () => {
    const { post } = await serve();
    for (let at = 0; at < 3; at += 1) expect((await post('{"n":1}')).status).toBe(201);
    const refused = await post('{"n":1}');
    expect([refused.status, await refused.json()]).toEqual([429, { error: 'too_many', message: 'too many requests' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('that fails tells nothing of the inside but to the log', async () => {
    const { post, lines } = await serve();
    const answer = await post('{"n":-1}');
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'error', message: 'something went wrong' }]);
    expect(lines).toMatchObject([{ level: 'error', message: 'a route failed' }]);
  });
});
