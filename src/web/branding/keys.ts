/** The namespace of the texts that are no plug-in's. */
export const COMMON = 'common';

/** Texts in the place of ours: by language, then by key; a plug-in's with its id and a colon before it. */
export type TextOverrides = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A key as it is written in the configuration: `home.title`, `<plug-in>:label`. */
export function placeOf(key: string): { namespace: string; key: string } {
  const colon = key.indexOf(':');
  return colon < 0 ? { namespace: COMMON, key } : { namespace: key.slice(0, colon), key: key.slice(colon + 1) };
}
