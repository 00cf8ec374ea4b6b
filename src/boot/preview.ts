import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { createGallery, type Gallery, type Sample, samples } from '../web/gallery/index.ts';
import { brandingOf, setPolicy } from '../web/index.ts';
import type { Config } from './config.ts';

type Look = Pick<Config, 'branding' | 'locales' | 'defaultLocale' | 'name' | 'support' | 'timeZone'>;

/** Every page, as an institution has it and as it would be without what that put in the place of ours. */
export interface GalleryOf {
  config: Look;
  theirs: Gallery;
  ours: Gallery;
  /** Templates of theirs that failed since it was last emptied. */
  broken: { page: string; reason: string }[];
}

export function galleriesOf(config: Look): GalleryOf {
  const { locales, defaultLocale, name, support, timeZone } = config;
  const branding = brandingOf(config.branding, locales);
  const { url, email, phone, pass, hours, address } = support;
  const ways = { ...(url && { url }), ...(email && { email }), ...(phone && { phone }) };
  const told = { ...(pass && { pass }), ...(hours && { hours }), ...(address && { address }) };
  const common = { locales, defaultLocale, name, support: { ...ways, ...told }, ...(timeZone && { timeZone }) };
  const broken: GalleryOf['broken'] = [];
  const onBroken = (page: string, { message }: Error) => broken.push({ page, reason: message.split('\n')[0] ?? '' });
  const theirs = createGallery({
    ...{ ...common, branding, overrides: branding.texts, served: branding.assets, onBroken },
  });
  return { config, theirs, ours: createGallery(common), broken };
}

/** Fields, by their names; what a form lacks doesn't come back. */
const fields = (html: string) => new Set([...html.matchAll(/\sname="([^"]+)"/g)].map(([, name = '']) => name));

/** What our Content-Security-Policy keeps from working. */
const INLINE: readonly [pattern: RegExp, what: string][] = [
  [/<script(?![^>]*\ssrc=)[^>]*>/i, 'a script within the page'],
  [/<style[\s>]|\sstyle="/i, 'a style within the page'],
  [/\son[a-z]+="/i, 'a handler in an attribute'],
  [/(?:src|href)="(?:https?:)?\/\/[^"]+\.(?:css|js|png|svg|woff2?)"/i, 'something that another site serves'],
];

/** Pages on which a template of theirs fails, or doesn't have what ours has and needs. */
export function faultsOfPages({ config: { branding, locales }, theirs, ours, broken }: GalleryOf): string[] {
  if (branding.templates === undefined) return [];
  const found = samples.flatMap((sample) => locales.flatMap((locale) => pageFaults(sample, locale)));
  return [...new Set(found)];

  function pageFaults(sample: Sample, locale: string): string[] {
    broken.length = 0;
    const html = theirs.html(sample, locale);
    if (broken.length > 0)
      return broken.map(({ reason }) => `pages/${sample.page}.eta (${sample.name}) fails: ${reason}`);
    const [theirFields, ourFields] = [fields(html), fields(ours.html(sample, locale))];
    const lost = [...ourFields].filter((name) => !theirFields.has(name));
    return [
      ...lost.map((name) => `pages/${sample.page}.eta (${sample.name}) lacks the field ${name}`),
      ...INLINE.filter(([pattern]) => pattern.test(html)).map(
        ([, what]) => `pages/${sample.page}.eta (${sample.name}) has ${what}: browsers won’t take it`,
      ),
      ...(/<main[^>]*\sid="main"/.test(html) && /<h1[\s>]/.test(html)
        ? []
        : [`pages/${sample.page}.eta (${sample.name}) lacks <main id="main"> or its heading (h1)`]),
    ];
  }
}

/** Serves them on this machine alone, as production would: same policy, same assets. `port` 0 is any. */
export async function servePreview(
  galleries: GalleryOf,
  port: number,
): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(appOf(galleries));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function appOf({ config: { locales, defaultLocale }, theirs }: GalleryOf): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((req, res, next) => {
    setPolicy(res, []);
    const asset = theirs.assets.get(req.path);
    if (asset === undefined) return next();
    res.type(asset.type).send(asset.body);
  });
  app.get('/', (_req, res) => res.redirect(`/${defaultLocale}`));
  app.get('/:locale', (req, res, next) => {
    if (!locales.includes(req.params.locale)) return next();
    res.type('html').send(listOf(req.params.locale, locales));
  });
  app.get('/:locale/:name', (req, res, next) => {
    const sample = samples.find(({ name }) => name === req.params.name);
    if (sample === undefined || !locales.includes(req.params.locale)) return next();
    res.type('html').send(theirs.html(sample, req.params.locale));
  });
  // Forms lead nowhere: back to the list.
  app.post('/{*path}', (_req, res) => res.redirect(303, `/${defaultLocale}`));
  return app;
}

/** Names are our own: of samples, and tags of languages that a configuration was checked for. */
function listOf(locale: string, locales: readonly string[]): string {
  const links = samples.map(({ name }) => `<li><a href="/${locale}/${name}">${name}</a></li>`);
  const others = locales.map((one) => `<a href="/${one}">${one}</a>`);
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages (${locale})</title>`,
    `<h1>Pages (${locale})</h1><p>${others.join(' · ')}</p><ul>${links.join('')}</ul></html>`,
  ].join('\n');
}
