import type { Entry } from 'ldapts';
import type { Preset } from './presets.ts';
import type { Settings } from './settings.ts';
import { guidOf, octetsOf, textOf } from './values.ts';

/** How the key of an entry is read. */
export function keyReader({ attributes }: Pick<Settings, 'attributes'>, preset: Preset) {
  const keyName = attributes.key ?? preset.key;
  return {
    keyName,
    keyOf: (entry: Entry): string | undefined =>
      preset.keySyntax === 'guid' ? guidOf(octetsOf(entry, keyName)[0]) : textOf(entry, keyName),
  };
}
