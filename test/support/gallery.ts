import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { LocalizedText } from '../../src/core/account.ts';
import { createGallery, type GalleryOptions, type Sample, samples } from '../../src/web/gallery/index.ts';

export { type Sample, samples };

export const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];

/** Content-Security-Policy of every page. */
const CSP = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The real renderer with the real texts, or an institution's own. */
export function galleryRenderer(
  missing: string[] = [],
  own: Pick<GalleryOptions, 'overrides'> & { name?: LocalizedText } = {},
) {
  const gallery = createGallery({
    locales: LOCALES,
    defaultLocale: 'en',
    onMissing: (key, namespace) => missing.push(`${namespace}:${key}`),
    name: { en: 'Northbridge University', 'zh-Hant': '北橋大學', 'zh-Hans': '北桥大学' },
    ...own,
    support: {
      url: 'https://help.example.edu/',
      email: 'help@example.edu',
      phone: '+44 (0)1632 960 000',
      pass: {
        en: 'Come with your staff or student card. By telephone, we call you back at the number that we have.',
        'zh-Hant': '請攜帶教職員證或學生證。若以電話申請，我們會回撥您登記的號碼。',
        'zh-Hans': '请携带教职工证或学生证。如以电话申请，我们会回拨您登记的号码。',
      },
      hours: {
        en: 'Monday to Friday, 8:00 to 18:00',
        'zh-Hant': '週一至週五 8:00–18:00',
        'zh-Hans': '周一至周五 8:00–18:00',
      },
      address: {
        en: 'Library, ground floor, desk 3',
        'zh-Hant': '圖書館一樓 3 號櫃台',
        'zh-Hans': '图书馆一楼 3 号柜台',
      },
    },
    timeZone: 'Europe/London',
  });
  return { ...gallery, missing };
}

export interface Gallery {
  /** Pages stand at `<origin>/<locale>/<sample name>`. */
  origin: string;
  /** Bodies of forms that were posted, the last at the end. */
  posted: Record<string, unknown>[];
  close(): void;
}

/** Serves every sample as production would, or these: same policy, same assets. */
export async function serveGallery(
  shown: readonly Sample[] = samples,
  own: Parameters<typeof galleryRenderer>[1] = {},
): Promise<Gallery> {
  const { html, assets: served } = galleryRenderer([], own);
  const posted: Record<string, unknown>[] = [];
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use((request, response, next) => {
    response.set('content-security-policy', CSP);
    const asset = served.get(request.path);
    if (asset) return void response.type(asset.type).send(asset.body);
    if (request.method !== 'POST') return next();
    posted.push({ ...request.body });
    response
      .type('html')
      .send('<!doctype html><html lang="en"><title>Posted</title><main><h1>Posted</h1></main></html>');
  });
  app.get('/:locale/:name', (request, response, next) => {
    const found = shown.find(({ name }) => name === request.params.name);
    if (!found || !LOCALES.includes(request.params.locale)) return next();
    response.type('html').send(html(found, request.params.locale));
  });
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
