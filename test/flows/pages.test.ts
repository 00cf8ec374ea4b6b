import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { stage } from '../support/scene.ts';

describe('languages and /applications', () => {
  const scene = stage(() => ({
    config: {
      applications: {
        library: {
          name: { en: 'Library', 'zh-Hant': '圖書館' },
          description: 'Catalogue and loans.',
          category: { en: 'Studying', 'zh-Hant': '學習' },
        },
      },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          {
            name: 'staff',
            applications: ['library'],
            groups: ['staff'],
            level: 'mfa',
            remember: '12h',
            from: '2099-02-01',
          },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'no guests', applications: ['payroll'], groups: ['guests'], deny: true },
        ],
      },
    },
  }));
  const lang = (body: string) => /<html lang="([^"]+)"/.exec(body)?.[1];

  it('lists what each application asks, of whom, from when, and none of the gateway’s own', async () => {
    const page = await new Client().get(`${scene.gateway.url}/applications`);
    expect(page.status).toBe(200);
    for (const text of [
      'Library',
      'Catalogue and loans.',
      'Courses',
      'Payroll',
      'One step',
      'staff',
      '12 hours',
      '30 days',
    ]) {
      expect(page.text).toContain(text);
    }
    expect(page.text).toContain('1 Feb 2099');
    expect(page.text).toMatch(/Payroll.*guests/);
    expect(page.text).not.toContain('Your account Sign-in');
    expect(page.text).not.toContain('sallyport-');
  });

  const rowOf = (body: string, name: string) =>
    body.split('<tr role="row">').find((row) => row.includes(`>${name}<`) || row.includes(`>${name}\n`)) ?? '';

  it('says what each asks of whoever reads it, with their groups and their remembered window, and nothing to strangers', async () => {
    const stranger = await new Client().get(`${scene.gateway.url}/applications`);
    expect(stranger.text).not.toContain('For you');
    const guest = await scene.newcomer({ groups: 'guests' });
    await guest.enter('library');
    const page = await guest.client.get(`${scene.gateway.url}/applications`);
    const yours = (name: string) =>
      /class="yours"[^>]*>([\s\S]*?)<\/td>/.exec(rowOf(page.body, name))?.[1]?.replace(/<[^>]+>/g, '');
    expect(yours('Library')).toBe('One step');
    expect(yours('Courses')).toBe('Two steps, remembered 30 days');
    expect(yours('Payroll')).toBe('No access');
  });

  it('finds by name, description and category in the reader’s language, without a script', async () => {
    const find = async (query: string, headers = {}) =>
      new Client({ headers }).get(`${scene.gateway.url}/applications?${query}`);
    const found = await find('q=CATALOGUE+studying');
    expect(found.text).toContain('1 application');
    expect(found.text).toContain('Library');
    expect(found.text).not.toContain('Payroll');
    expect((await find('q=%E5%AD%B8', { 'accept-language': 'zh-Hant' })).text).toContain('圖書館');
    // Shown as text and as no more, bounded, and once.
    const none = await find(`q=${encodeURIComponent('"><b>x'.padEnd(300, 'y'))}`);
    expect(none.status).toBe(200);
    expect(none.body).not.toContain('"><b>');
    expect(none.text).toContain('No application has “"><b>xyy');
    expect(/ value="([^"]*)"/.exec(none.body)?.[1]).toMatch(/^&quot;&gt;&lt;b&gt;xy{94}$/);
    expect(none.body).toMatch(/<form class="search" role="search" method="get" action="\/applications">/);
  });

  it('speaks the browser’s language until the person switches, and then that one everywhere', async () => {
    const someone = await scene.newcomer();
    const page = await someone.begin('library');
    expect(lang(page.body)).toBe('en');
    const switched = await someone.client.open(
      new URL(`/language?to=zh-Hant&back=${encodeURIComponent(page.url.pathname)}`, page.url),
    );
    expect(switched.url.pathname).toBe(page.url.pathname);
    expect(lang(switched.body)).toBe('zh-Hant');
    expect(switched.text).toContain('圖書館');
    expect((await someone.password(switched, someone.username)).url.pathname).toBe('/library');
    expect(lang((await someone.client.get(`${scene.gateway.url}/applications`)).body)).toBe('zh-Hant');
  });

  it('keeps a signed-in person’s choice for their other browsers', async () => {
    const someone = await scene.member();
    await someone.client.open(`${scene.gateway.url}/language?to=zh-Hans&back=/account`);
    const elsewhere = scene.elsewhere(someone);
    const code = await elsewhere.enter('payroll');
    expect(lang(code.body)).toBe('zh-Hans');
  });

  it('takes ui_locales of the request where the person has chosen nothing', async () => {
    const someone = await scene.newcomer();
    expect(lang((await someone.begin('library', '?ui_locales=zh-TW%20en')).body)).toBe('zh-Hant');
  });

  it('leads from the language switch to no other site', async () => {
    for (const back of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/%0d%0aX: y',
    ]) {
      const reply = await new Client().get(`${scene.gateway.url}/language?to=en&back=${encodeURIComponent(back)}`);
      expect(reply.status).toBe(303);
      expect(reply.location?.origin).toBe(scene.gateway.url);
    }
  });

  it('are as small as they may be: assets come compressed, and pages that hold a form’s token don’t (BREACH)', async () => {
    const { url } = scene.gateway;
    const page = await fetch(`${url}/`, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(page.headers.get('content-encoding')).toBeNull();
    const [, sheet = ''] = /href="([^"]+sallyport\.css[^"]*)"/.exec(await page.text()) ?? [];
    const versions = [];
    for (const [accepted, encoding] of [
      ['br, gzip', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', null],
    ]) {
      const answer = await fetch(`${url}${sheet}`, { headers: { 'accept-encoding': accepted ?? '' } });
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('accept-encoding');
      expect(await answer.text()).toContain('--accent');
      versions.push(answer.headers.get('etag'));
    }
    expect(new Set(versions).size).toBe(3);
    const asked = new Client({ headers: { 'accept-encoding': 'br, gzip', 'if-none-match': versions[0] ?? '' } });
    const again = await asked.get(`${url}${sheet}`);
    expect(again.status).toBe(304);
  });

  it('are light: a sign-in takes at most ten requests and 45 kB', async () => {
    const { url } = scene.gateway;
    const page = await new Client().open(`${url}/account`);
    expect(page.body).toContain('type="password"');
    const linked = [...page.body.matchAll(/<(?:link|script|img)[^>]+(?:href|src)="(\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    const answers = await Promise.all(
      linked.map((path) => new Client({ headers: { 'accept-encoding': 'br' } }).get(`${url}${path}`)),
    );
    expect(linked.length + 1).toBeGreaterThan(5);
    expect(linked.length + 1).toBeLessThanOrEqual(10);
    const octets = answers.map(({ headers }) => Number(headers['content-length']));
    expect(octets.every((length) => length > 0)).toBe(true);
    expect(octets.reduce((sum, length) => sum + length, page.body.length)).toBeLessThan(45_000);
  });
});
