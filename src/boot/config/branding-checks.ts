import { existsSync, statSync } from 'node:fs';
import { colourFaults, pictureFault, templateFaults, textFaults } from '../../web/branding/index.ts';
import type { Fault } from './faults.ts';
import { isWebAddress } from './paths.ts';
import type { Subject } from './subject.ts';
import type { Path } from './tree.ts';
import type { Config } from './types.ts';

/** What people couldn't read, or a browser couldn't show. A file that isn't there is told elsewhere. */
export function brandingFaults({ parsed: { branding, applications = {} } }: Subject): Fault[] {
  const icons = Object.entries(applications).flatMap(([id, { icon }]) =>
    icon === undefined ? [] : iconFaults(['applications', id, 'icon'], icon),
  );
  if (branding === undefined) return icons;
  const pictures = (['logo', 'logoDark', 'icon'] as const).flatMap((key) => {
    const file = branding[key];
    const message = file !== undefined && existsSync(file) ? pictureFault(file) : undefined;
    return message === undefined ? [] : [{ path: ['branding', key], message }];
  });
  const lonely =
    branding.logoDark !== undefined && branding.logo === undefined
      ? [{ path: ['branding', 'logoDark'], message: 'is for dark pages: give branding.logo for the others' }]
      : [];
  const colours = colourFaults(branding).map(({ path, message }) => ({ path: ['branding', ...path], message }));
  return [...icons, ...pictures, ...lonely, ...colours, ...templatesThatFail(branding.templates)];
}

function iconFaults(path: Path, icon: string): Fault[] {
  if (isWebAddress(icon))
    return URL.canParse(icon) ? [] : [{ path, message: 'must be a file, or an http or https address' }];
  if (!existsSync(icon)) return [{ path, message: `the file ${icon} can't be read: ENOENT` }];
  const message = pictureFault(icon);
  return message === undefined ? [] : [{ path, message }];
}

function templatesThatFail(folder: string | undefined): Fault[] {
  if (folder === undefined || !existsSync(folder)) return [];
  const path = ['branding', 'templates'];
  if (!statSync(folder).isDirectory()) return [{ path, message: 'must be a folder' }];
  const broken = templateFaults(folder).filter((fault) => fault.broken);
  return broken.map(({ name, message }) => ({ path, message: `${name} ${message}` }));
}

/** What isn't used, or may not fit any more: no reason not to start after an upgrade. */
export function brandingWarnings({ branding, locales }: Pick<Config, 'branding' | 'locales'>): string[] {
  const texts = textFaults(branding.texts, locales).map(
    ({ locale, key, message }) => `branding.texts.${locale}.${key} ${message}: it isn't used`,
  );
  const folder = branding.templates;
  const templates = folder === undefined ? [] : templateFaults(folder);
  return [...texts, ...templates.map(({ name, message }) => `branding.templates: ${name} ${message}`)];
}
