/** Characters of a name that a person gives to a credential. */
const LONGEST = 64;

/** What a person typed as a name, on one line and bounded; undefined where nothing is left. */
export function givenName(typed: string | undefined): string | undefined {
  const text = (typed ?? '')
    .slice(0, 4 * LONGEST)
    .toWellFormed()
    .normalize('NFC');
  const name = [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, LONGEST).join('').trim();
  return name === '' ? undefined : name;
}

/** `name`, or with the first number that none of `taken` has: `Work phone 2`. */
export function numbered(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}

/** The text of a language's script (BCP 47 likely subtags: zh-TW is Hant), or else `fallback`. */
export function byScript<T>(texts: Readonly<Record<string, T>>, locale: string | undefined, fallback: T): T {
  try {
    const script = locale === undefined ? undefined : new Intl.Locale(locale).maximize().script;
    return texts[script ?? ''] ?? fallback;
  } catch {
    // The tag came from outside and isn't well-formed.
    return fallback;
  }
}
