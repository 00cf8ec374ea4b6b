import { beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply, type RequestInit } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { ownForm, type Someone, stage } from '../support/scene.ts';

describe('forms that others send', () => {
  const scene = stage();
  let someone: Someone;
  let other: Someone;
  let method = '';
  let device = '';

  beforeAll(async () => {
    someone = await scene.member({ remember: 'yes' });
    other = await scene.member({ remember: 'yes' });
    const page = await someone.client.get(`${scene.gateway.url}/account`);
    method = /\/account\/methods\/([\w-]{22})\/rename/.exec(page.body)?.[1] ?? '';
    device = /\/account\/devices\/([\w-]{43})\/remove/.exec(page.body)?.[1] ?? '';
  });

  /** Every route that takes a form, with a page that holds its token. */
  async function routes(): Promise<{ path: string; page: string; fields?: Record<string, string> }[]> {
    const waiting = await someone.begin('payroll');
    const at = waiting.url.pathname;
    const account = ['methods/add/totp', `methods/${method}/rename`, `methods/${method}/remove`];
    const more = ['devices/renew', `devices/${device}/remove`, 'sign-out-everywhere'];
    return [
      { path: at, page: at, fields: { code: '000000' } },
      { path: `${at}/switch`, page: at },
      { path: `${at}/cancel`, page: at },
      ...[...account, ...more].map((path) => ({ path: `/account/${path}`, page: `/account/${path}` })),
    ];
  }
  const post = (path: string, body: RequestInit['body'], init: RequestInit = {}, by: Someone = someone) =>
    by.client.post(new URL(path, scene.gateway.url), body, init);

  async function expectNothing(answer: Reply, path: string): Promise<void> {
    expect({ path, status: answer.status }).toEqual({ path, status: 403 });
    expect(answer.text).toContain('We couldn’t check where this form came from');
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  }

  it('are refused without their token, with another’s, from another site, and from nowhere', async () => {
    const foreign = ownForm(await other.client.get(`${scene.gateway.url}/account`)).fields.csrf ?? '';
    for (const { path, page, fields = {} } of await routes()) {
      const token = ownForm(await someone.client.get(new URL(page, scene.gateway.url))).fields.csrf ?? '';
      const [mac = '', value = ''] = token.split('.');
      for (const csrf of [
        undefined,
        '',
        foreign,
        `${'A'.repeat(mac.length)}.${value}`,
        `${mac}.another`,
        ...(value === '' ? [] : [mac]),
      ]) {
        await expectNothing(await post(path, { ...fields, ...(csrf === undefined ? {} : { csrf }) }), path);
      }
      for (const origin of ['https://evil.example', 'null', `${scene.gateway.url}.evil.example`, 'http://127.0.0.1']) {
        const headers = { origin, 'sec-fetch-site': 'cross-site' };
        await expectNothing(await post(path, { ...fields, csrf: token }, { headers }), path);
      }
      const headers = { origin: undefined, 'sec-fetch-site': 'cross-site' };
      await expectNothing(await post(path, { ...fields, csrf: token }, { headers }), path);
    }
    expect((await someone.client.get(`${scene.gateway.url}/account`)).status).toBe(200);
  });

  it('reach nothing across sites, where the browser keeps its cookies back', async () => {
    for (const { path, fields = {} } of await routes()) {
      const answer = await post(path, fields, { from: 'https://evil.example' });
      expect(answer.status === 400 || answer.status === 403 || answer.location?.pathname === '/authorize').toBe(true);
    }
    expect((await someone.client.get(`${scene.gateway.url}/account`)).status).toBe(200);
  });

  it('change nothing as links', async () => {
    for (const { path } of await routes()) {
      const answer = await someone.client.get(new URL(path, scene.gateway.url));
      expect([200, 303, 404]).toContain(answer.status);
    }
    const page = await someone.client.get(`${scene.gateway.url}/account`);
    expect(page.status).toBe(200);
    expect(page.body).toContain(method);
    expect(page.body).toContain(device);
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
  });

  it('name no method or device of another account', async () => {
    const csrf = ownForm(await other.client.get(`${scene.gateway.url}/account`)).fields.csrf ?? '';
    for (const path of [`methods/${method}/rename`, `methods/${method}/remove`, `devices/${device}/remove`]) {
      expect((await other.client.get(`${scene.gateway.url}/account/${path}`)).status).toBe(404);
      const answer = await post(`/account/${path}`, { csrf, name: 'mine now' }, {}, other);
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('Page not found');
    }
    for (const path of ['methods/nothing/remove', 'methods/..%2f..%2f/remove', 'devices/%00/remove']) {
      expect((await post(`/account/${path}`, { csrf }, {}, other)).status).toBe(404);
    }
    const page = await someone.client.get(`${scene.gateway.url}/account`);
    expect(page.body).toContain(method);
    expect(page.body).toContain(device);
    expect(page.text).not.toContain('mine now');
  });

  it('are refused when oversized, doubled, or not forms, with a page of ours', async () => {
    const browser = scene.elsewhere(someone);
    const page = await browser.begin('courses');
    const { url, fields } = ownForm(page);
    const csrf = encodeURIComponent(fields.csrf ?? '');
    const person = `username=${someone.username}&password=${encodeURIComponent(PASSWORD)}`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const odd: [string, string, Record<string, string | undefined>][] = [
      ['oversized', `csrf=${csrf}&${person}&x=${'x'.repeat(200_000)}`, form],
      ['too many fields', `csrf=${csrf}&${person}${'&x=1'.repeat(2_000)}`, form],
      ['token twice', `csrf=${csrf}&csrf=${csrf}&${person}`, form],
      ['password twice', `csrf=${csrf}&${person}&password=another`, form],
      ['name twice', `csrf=${csrf}&${person}&username=another`, form],
      [
        'JSON',
        JSON.stringify({ csrf: fields.csrf, username: someone.username, password: PASSWORD }),
        { 'content-type': 'application/json' },
      ],
      ['text', `csrf=${csrf}&${person}`, { 'content-type': 'text/plain' }],
      ['no type', `csrf=${csrf}&${person}`, { 'content-type': undefined }],
      ['multipart', `csrf=${csrf}`, { 'content-type': 'multipart/form-data; boundary=x' }],
      ['odd charset', `csrf=${csrf}&${person}`, { 'content-type': `${form['content-type']}; charset=utf-7` }],
      ['odd encoding', `csrf=${csrf}&${person}`, { ...form, 'content-encoding': 'compress' }],
      ['broken gzip', 'not gzip', { ...form, 'content-encoding': 'gzip' }],
    ];
    for (const [what, body, headers] of odd) {
      const answer = await browser.client.post(url, body, { headers });
      expect({ what, refused: answer.status >= 400 && answer.status < 500 }).toEqual({ what, refused: true });
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.text).toContain('Reference');
    }
    expect(await browser.subject('courses')).toBeUndefined();
  });

  it('carry the security headers on every kind of answer', async () => {
    const { url } = scene.gateway;
    const client = new Client();
    const answers = [
      await client.get(`${url}/`),
      await client.get(`${url}/applications`),
      await client.get(`${url}/account`),
      await client.get(`${url}/nowhere`),
      await client.get(`${url}/sign-in/nothing`),
      await client.get(`${url}/sign-in/%E0%A4%A`),
      await client.get(`${url}/assets/sallyport.css`),
      await client.get(`${url}/language?to=en`),
      await client.get(`${url}/authorize`),
      await client.get(`${url}/logout`),
      await client.get(`${url}/.well-known/openid-configuration`),
      await client.post(`${url}/token`, { grant_type: 'password' }),
      await client.post(`${url}/account/sign-out-everywhere`),
      await client.post(`${url}/sign-in/nothing`),
      await client.get(`${url}/`, { headers: { host: 'evil.example' } }),
    ];
    for (const { url: at, status, headers } of answers) {
      const seen = { at: `${at.pathname} ${status}`, headers };
      expect(seen.headers['x-content-type-options'], seen.at).toBe('nosniff');
      expect(seen.headers['content-security-policy'], seen.at).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(seen.headers['content-security-policy'], seen.at).not.toContain('unsafe');
      expect(seen.headers['x-frame-options'], seen.at).toBe('DENY');
      expect(seen.headers['referrer-policy'], seen.at).toBeTruthy();
      expect(seen.headers['cross-origin-opener-policy'], seen.at).toBe('same-origin');
      expect(seen.headers['x-powered-by'], seen.at).toBeUndefined();
      expect(seen.headers['x-request-id'], seen.at).toMatch(/^[A-Z2-9]{10}$/);
      expect(status, seen.at).toBeLessThan(500);
      if (!at.pathname.startsWith('/assets/')) expect(seen.headers['cache-control'], seen.at).toContain('no-store');
    }
  });
});
