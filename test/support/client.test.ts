import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { CookieJar } from './cookies.ts';
import { form } from './forms.ts';

const at = (address: string) => new URL(address);
const names = (jar: CookieJar, address: string, visit?: { method: string; crossSite: boolean }) =>
  jar.for(at(address), visit).map(({ name, value }) => `${name}=${value}`);

describe('the cookie jar', () => {
  it('keeps by host and path, never by port, and sends the longest path first', () => {
    const jar = new CookieJar();
    jar.store(at('http://localhost:3000/a/b'), ['wide=1; Path=/', 'here=2', 'deep=3; Path=/a/b/c']);
    expect(names(jar, 'http://localhost:9/a/b/c')).toEqual(['deep=3', 'here=2', 'wide=1']);
    expect(names(jar, 'http://localhost:3000/ab')).toEqual(['wide=1']);
    expect(names(jar, 'http://127.0.0.1:3000/a')).toEqual([]);
  });

  it('refuses what a browser refuses', () => {
    const jar = new CookieJar();
    const lines = [
      '__Host-a=1; Path=/x; Secure',
      '__Host-b=1; Path=/; Secure; Domain=idp.example',
      '__Host-c=1; Path=/',
      '__Secure-d=1',
      'e=1; SameSite=None',
      'f=1; Domain=other.example',
      '=1',
      `g=${'x'.repeat(4096)}`,
    ];
    jar.store(at('https://idp.example/'), [...lines, '__Host-good=1; Path=/; Secure']);
    jar.store(at('http://idp.example/'), ['h=1; Secure']);
    expect(jar.all().map(({ name }) => name)).toEqual(['__Host-good']);
  });

  it('sends Secure cookies to https and loopback alone', () => {
    const jar = new CookieJar();
    jar.store(at('https://idp.example/'), ['s=1; Secure; Path=/']);
    jar.store(at('http://localhost/'), ['l=1; Secure; Path=/']);
    expect(names(jar, 'http://idp.example/')).toEqual([]);
    expect(names(jar, 'https://idp.example/')).toEqual(['s=1']);
    expect(names(jar, 'http://localhost/')).toEqual(['l=1']);
  });

  it('holds SameSite to what it says when another site begins the request', () => {
    const jar = new CookieJar();
    jar.store(at('https://idp.example/'), ['s=1; SameSite=Strict', 'l=1; SameSite=Lax', 'n=1; SameSite=None; Secure']);
    expect(names(jar, 'https://idp.example/', { method: 'GET', crossSite: true })).toEqual(['l=1', 'n=1']);
    expect(names(jar, 'https://idp.example/', { method: 'POST', crossSite: true })).toEqual(['n=1']);
  });

  it('forgets what has expired, and session cookies at a restart', () => {
    let now = 1_000_000;
    const jar = new CookieJar(() => now);
    jar.store(at('http://localhost/'), ['session=1', 'kept=1; Max-Age=60', 'gone=1; Max-Age=0']);
    expect(names(jar, 'http://localhost/')).toEqual(['session=1', 'kept=1']);
    jar.restart();
    expect(names(jar, 'http://localhost/')).toEqual(['kept=1']);
    now += 60_000;
    expect(names(jar, 'http://localhost/')).toEqual([]);
  });
});

describe('reading a form', () => {
  it('collects what a browser would send', () => {
    const html = `<!-- <form action="/no"></form> --><form method="post" action="/sign-in/1?a=1&amp;b=2">
      <input type=hidden name=csrf value="a&#34;b"><input name="user"><input type="checkbox" name="on" checked>
      <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked><input name="no" disabled>
      <select name="s"><option value="x">X<option value="y" selected>Y</select><textarea name="t">long &lt;</textarea>
      <button type="button" name="script">no</button><button name="go" value="yes" formaction="/other">Go &amp; see</button></form>`;
    expect(form(html)).toEqual({
      action: '/sign-in/1?a=1&b=2',
      method: 'POST',
      fields: { csrf: 'a"b', user: '', on: 'on', r: '2', s: 'y', t: 'long <' },
      buttons: [{ name: 'go', value: 'yes', text: 'Go & see', action: '/other' }],
    });
    expect(() => form('<p>Not here')).toThrow(/no form.*Not here/);
  });
});

describe('the client', () => {
  let server: Server;
  let origin: string;
  let seen: { method?: string; url?: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      if (request.url === '/start') {
        response.writeHead(303, { location: '/form', 'set-cookie': ['a=1', '__Host-b=2; Path=/; Secure; HttpOnly'] });
      }
      response.end(
        '<form method="post" action="/done"><input type="hidden" name="csrf" value="t"><button>Go</button></form>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('follows redirects with its cookies, and submits forms as their page would', async () => {
    seen = [];
    const client = new Client({ localAddress: '127.0.0.9' });
    const reply = await client.submit(await client.open(`${origin}/start`), { code: '1 2' });
    expect(reply.status).toBe(200);
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /start', 'GET /form', 'POST /done']);
    expect(seen[1]?.headers.cookie).toBe('a=1; __Host-b=2');
    expect(seen[2]?.body).toBe('csrf=t&code=1+2');
    expect(seen[2]?.headers).toMatchObject({ origin, referer: `${origin}/form`, 'sec-fetch-site': 'same-origin' });
  });

  it('can lie about Host, leave headers out, and come from another site', async () => {
    seen = [];
    const client = new Client();
    await client.post(`${origin}/x`, 'raw', {
      headers: { host: 'evil.example', 'user-agent': undefined },
      from: 'https://evil.example',
    });
    expect(seen[0]?.headers).toMatchObject({
      host: 'evil.example',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    });
    expect(seen[0]?.headers).not.toHaveProperty('user-agent');
    expect(seen[0]?.body).toBe('raw');
  });
});
