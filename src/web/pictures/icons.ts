import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Assets } from '../assets.ts';
import { readServed, type Served } from '../served.ts';

const FOLDER = '/assets/icons/';

/** Pictures of applications that are files of the operator's: served as assets, by the application's id. */
export function iconsOf(applications: readonly { id: string; icon?: string }[]): {
  assets: Assets;
  addressOf(icon: string): string | undefined;
} {
  const served = new Map<string, Served>();
  const addresses = new Map<string, string>();
  for (const { id, icon } of applications) {
    // A web address is fetched when somebody looks. A file that has gone since the check is no reason not to start.
    if (icon === undefined || /^https?:/i.test(icon) || !existsSync(icon)) continue;
    const path = `${FOLDER}${id}${extname(icon).toLowerCase()}`;
    const file = readServed(icon);
    served.set(path, file);
    addresses.set(icon, `${path}?v=${file.version}`);
  }
  return { assets: served, addressOf: (icon) => addresses.get(icon) };
}
