import { samples } from '../../web/gallery/index.ts';
import { copyOf, ourTemplates } from '../../web/index.ts';
import { brandingWarnings } from '../config/branding-checks.ts';
import { suggestion } from '../config/suggest.ts';
import { loadConfig } from '../config.ts';
import { faultsOfPages, type GalleryOf, galleriesOf, servePreview } from '../preview.ts';
import type { Context } from './context.ts';

async function galleries({ io, file, modules }: Context): Promise<GalleryOf> {
  return galleriesOf(loadConfig(file(), await modules(), io.env));
}

/** Says which of the institution's texts and templates no longer fit: exit code 1 where one doesn't. */
export async function check(context: Context): Promise<void> {
  const found = await galleries(context);
  const faults = [...brandingWarnings(found.config), ...faultsOfPages(found)];
  const shown = `${samples.length} pages in ${found.config.locales.join(', ')}: nothing that doesn’t fit`;
  context.show({ lines: faults.length > 0 ? faults : [shown], exitCode: faults.length > 0 ? 1 : 0 });
}

/** Prints a template of ours, to be changed; without a name the names. */
export async function template({ show }: Context, name: string | undefined): Promise<void> {
  const names = ourTemplates();
  if (name === undefined) return show({ lines: names, exitCode: 0 });
  if (!names.includes(name))
    throw new Error(
      `${name} is no template of ours${suggestion(name, names) || ': sallyport branding template lists them'}`,
    );
  show({ lines: copyOf(name).trimEnd().split('\n'), exitCode: 0 });
}

/** Serves every page as it would look, on this machine alone, until it is stopped. */
export async function preview(context: Context, port: number): Promise<void> {
  const { origin } = await servePreview(await galleries(context), port);
  context.show({ lines: [`${samples.length} pages at ${origin}/ (Ctrl+C ends it)`], exitCode: 0 });
}
