import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { faultsOfPages, galleriesOf, servePreview } from '../../src/boot/preview.ts';
import { copyOf } from '../../src/web/branding/index.ts';
import { axe, launch } from '../support/chromium.ts';
import { Client } from '../support/client.ts';
import { stage } from '../support/scene.ts';

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><rect width="64" height="32" fill="#7a0019"/></svg>';
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

const folder = mkdtempSync(join(tmpdir(), 'sallyport-branding-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'templates/pages'), { recursive: true });
writeFileSync(join(folder, 'logo.svg'), LOGO);
writeFileSync(join(folder, 'icon.png'), PIXEL);
const HOME = join(folder, 'templates/pages/home.eta');
writeFileSync(HOME, copyOf('pages/home.eta').replace('<h1>', '<h1 class="own">'));
writeFileSync(
  join(folder, 'templates/pages/applications.eta'),
  `${copyOf('pages/applications.eta')}<%= it.gone.away %>`,
);

const branding = {
  logo: join(folder, 'logo.svg'),
  icon: join(folder, 'icon.png'),
  accent: '#7a0019',
  background: '#f5f1ea',
  texts: { en: { 'home.title': 'One sign-in for all of campus', 'no.such.text': 'Gone' } },
  templates: join(folder, 'templates'),
};

describe('an institution’s own face', () => {
  const scene = stage(() => ({ config: { branding } }));

  it('is on every page: its logo, colours, texts and templates', async () => {
    const { url } = scene.gateway;
    const page = await new Client().get(`${url}/`);
    expect(page.body).toContain('<h1 class="own">One sign-in for all of campus</h1>');
    const logo = /<img class="logo" src="([^"]+)" alt="">/.exec(page.body)?.[1] ?? '';
    expect(await (await fetch(new URL(logo, url))).text()).toBe(LOGO);
    const sheet = /href="(\/assets\/branding\/colours\.css[^"]*)"/.exec(page.body)?.[1] ?? '';
    const style = await fetch(new URL(sheet, url));
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(await style.text()).toContain('--accent:#7a0019');
    const icon = /<link rel="icon" href="([^"]+)" type="image\/png">/.exec(page.body)?.[1] ?? '';
    expect((await fetch(new URL(icon, url))).status).toBe(200);
  });

  it('keeps nobody out where a template fails: ours is shown, and the log says so', async () => {
    const page = await new Client().get(`${scene.gateway.url}/applications`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Courses');
    const told = scene.gateway.logs.find(({ message }) => message.includes('branding.templates'));
    expect(told).toMatchObject({ level: 'error', fields: { page: 'applications' } });
  });

  it('leaves its SVG harmless where somebody opens it by itself', async () => {
    const answer = await fetch(`${scene.gateway.url}/assets/branding/logo.svg`);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('sallyport branding', async () => {
  const modules = await loadModules();
  const file = join(folder, 'config.yaml');
  const write = (given: object) => {
    writeFileSync(
      file,
      JSON.stringify({
        ...{ issuer: 'http://localhost:3000', name: 'Test University', data: 'data' },
        ...{ factors: { password: {} }, directories: { local: {} }, doors: { oidc: {} } },
        stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
        branding: given,
      }),
    );
    return loadConfig(file, modules, {});
  };
  const browser = await launch();
  afterAll(() => browser.close());

  it('refuses what people couldn’t read and browsers couldn’t show, with every place', () => {
    writeFileSync(join(folder, 'fake.png'), 'GIF89a, and not what it says');
    const faulty = {
      accent: '#ff9900',
      background: '#777',
      logo: 'fake.png',
      logoDark: 'gone.png',
      icon: 'config.yaml',
    };
    expect(() => write(faulty)).toThrow(
      expect.objectContaining({
        faults: expect.arrayContaining([
          expect.objectContaining({ path: 'branding.accent.light', message: expect.stringMatching(/would do$/) }),
          expect.objectContaining({ path: 'branding.background.light' }),
          expect.objectContaining({ path: 'branding.logo', message: "isn't what its name says: png" }),
          expect.objectContaining({ path: 'branding.logoDark', message: expect.stringContaining('ENOENT') }),
          expect.objectContaining({ path: 'branding.icon', message: expect.stringContaining('must be a picture') }),
        ]),
      }),
    );
  });

  it('warns of what isn’t used any more, and names pages on which a template fails or lacks a field', () => {
    writeFileSync(
      join(folder, 'templates/pages/consent.eta'),
      '<% layout("/layout", { title: "x" }) %><h1 onclick="a()">x</h1>',
    );
    const config = write(branding);
    expect(config.warnings.join('\n')).toContain('branding.texts.en.no.such.text is no text of ours');
    expect(config.warnings.join('\n')).toContain('pages/consent.eta doesn’t say what it was copied from');
    const faults = faultsOfPages(galleriesOf(config));
    expect(faults.join('\n')).toMatch(/pages\/applications\.eta \(applications.*\) fails: .*away/);
    expect(faults.join('\n')).toMatch(/pages\/consent\.eta \(consent.*\) lacks the field csrf/);
    expect(faults.join('\n')).toMatch(/pages\/consent\.eta \(consent.*\) has a handler in an attribute/);
    expect(faults.join('\n')).not.toContain('pages/home.eta');
  });

  it('tells of a copy whose original has changed since', () => {
    writeFileSync(HOME, copyOf('pages/home.eta').replace(/ [0-9a-f]{12} /, ' 0123456789ab '));
    expect(write(branding).warnings.join('\n')).toContain('pages/home.eta was copied from an earlier one');
  });

  it('refuses a template that can’t be compiled', () => {
    writeFileSync(HOME, '<% if (');
    expect(() => write(branding)).toThrow('pages/home.eta can’t be compiled');
    writeFileSync(HOME, copyOf('pages/home.eta'));
  });

  it('serves every page with that face, readable in both palettes', async () => {
    const preview = await servePreview(galleriesOf(write({ ...branding, templates: undefined })), 0);
    try {
      const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
      await page.goto(`${preview.origin}/`);
      expect(await page.locator('li a').count()).toBeGreaterThan(90);
      for (const name of ['prompt-secret', 'account']) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.goto(`${preview.origin}/en/${name}`);
          expect(await axe(page)).toEqual([]);
        }
      }
    } finally {
      await preview.close();
    }
  });
});
