import { fileURLToPath } from 'node:url';
import { type Assets, assetFolders, assets } from '../assets.ts';
import { createI18n, type I18nOptions, localeFolders } from '../i18n.ts';
import { createRenderer, type RendererOptions } from '../render.ts';
import { self } from './account.ts';
import { desk } from './help-desk.ts';
import { choices, ends } from './journey.ts';
import { walks } from './portal.ts';
import { prompts } from './prompts.ts';
import { reports } from './reports.ts';
import { reset } from './reset.ts';
import { inTheirs, NOW, type Sample } from './sample.ts';
import { trust } from './trust.ts';

export type { Sample };

/** Every page, each with what is hard for it: long names, nothing to show, an error. */
export const samples: readonly Sample[] = [
  ...trust,
  ...prompts,
  ...choices,
  ...ends,
  ...self,
  ...walks,
  ...reset,
  ...reports,
  ...desk,
];

export interface GalleryOptions extends Omit<I18nOptions, 'folders'>, Omit<RendererOptions, 'i18n' | 'assets' | 'now'> {
  /** Served beside those of the views and of an invented factor. */
  served?: Assets;
}

export interface Gallery {
  html(sample: Sample, locale: string): string;
  assets: Assets;
}

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The pages as they are rendered for people, with the texts, and with those of an invented factor named `sample`. */
export function createGallery(options: GalleryOptions): Gallery {
  const i18n = createI18n({
    ...options,
    folders: [...localeFolders(), { namespace: 'sample', folder: folder('./locales') }],
  });
  const own = assets([...assetFolders(), { path: '/assets/sample/', folder: folder('./assets') }]);
  const served = new Map([...own, ...(options.served ?? [])]);
  const renderer = createRenderer({ ...options, i18n, assets: served, now: () => NOW });
  return {
    assets: served,
    html: ({ page, model, signedIn }, locale) =>
      renderer.html(
        page,
        inTheirs(model, (text) => i18n.localized(locale, text)),
        {
          locale,
          reference: 'K7QF-29TD',
          path: '/here?a=1&b=2',
          ...(signedIn && { account: { name: 'Ada Lovelace' }, signOut: '/sign-out' }),
        },
      ),
  };
}
