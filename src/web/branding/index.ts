/** An institution's own face: pictures, colours, texts and templates in the place of ours. */
import { statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Assets } from '../assets.ts';
import { readServed, type Served, servedOf } from '../served.ts';
import type { TextOverrides } from './keys.ts';
import { type Colours, styleOf } from './palette.ts';
import { readTemplates, type Templates } from './templates.ts';
import { fitting } from './texts.ts';

export { colourFaults } from './palette.ts';
export { copyOf, ourTemplates, templateFaults } from './templates.ts';
export { textFaults } from './texts.ts';

/** As configured; paths are absolute. */
export interface BrandingSettings extends Colours {
  logo?: string | undefined;
  logoDark?: string | undefined;
  logoHasName: boolean;
  icon?: string | undefined;
  texts: TextOverrides;
  templates?: string | undefined;
}

/** What every page wears. Addresses are of assets, and absent where ours is worn. */
export interface Branding {
  logo?: { path: string; dark?: string; hasName: boolean };
  icon?: { path: string; type: string };
  style?: string;
  assets: Assets;
  texts: TextOverrides;
  templates: Templates;
}

export const PLAIN: Branding = { assets: new Map(), texts: {}, templates: new Map() };

const FOLDER = '/assets/branding/';
const MOST_BYTES = 100_000;
const PICTURES = ['.svg', '.png', '.webp', '.jpg', '.jpeg'];

/** How a picture begins that is what its name says. */
const BEGINS: Readonly<Record<string, (head: Buffer) => boolean>> = {
  '.svg': (head) => /<svg[\s>]/.test(head.toString('utf8')),
  '.png': (head) => head.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])),
  '.webp': (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP',
  '.jpg': (head) => head.readUIntBE(0, 3) === 0xffd8ff,
};

/** Why a file can't be shown; undefined where it can. A file that isn't there is somebody else's to tell. */
export function pictureFault(file: string): string | undefined {
  const extension = extname(file).toLowerCase().replace('.jpeg', '.jpg');
  const begins = BEGINS[extension];
  if (begins === undefined) return `must be a picture: ${PICTURES.join(', ')}`;
  const { size } = statSync(file);
  if (size > MOST_BYTES) return `has ${size} bytes: ${MOST_BYTES} at most, for every page loads it`;
  if (size < 16 || !begins(readServed(file).body)) return `isn't what its name says: ${extension.slice(1)}`;
  return undefined;
}

/** Reads what the settings name. Throws where a file can't be read. */
export function brandingOf(settings: BrandingSettings, locales: readonly string[]): Branding {
  const { logo, logoDark, logoHasName, icon } = settings;
  const served = new Map<string, Served>();
  const add = (name: string, file: string): string => {
    const path = `${FOLDER}${name}${extname(file).toLowerCase()}`;
    served.set(path, readServed(file));
    return path;
  };
  const light = logo && add('logo', logo);
  const dark = logoDark && add('logo-dark', logoDark);
  const tab = icon && add('icon', icon);
  const sheet = styleOf(settings);
  const style = `${FOLDER}colours.css`;
  if (sheet !== '') served.set(style, servedOf(Buffer.from(sheet), '.css'));
  return {
    ...(light && { logo: { path: light, ...(dark && { dark }), hasName: logoHasName } }),
    ...(tab && { icon: { path: tab, type: served.get(tab)?.type ?? '' } }),
    ...(sheet !== '' && { style }),
    assets: served,
    texts: fitting(settings.texts, locales),
    templates: settings.templates ? readTemplates(settings.templates) : new Map(),
  };
}
