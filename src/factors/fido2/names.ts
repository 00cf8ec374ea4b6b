import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

/** Characters of a name that a person gives to a credential. */
const LONGEST = 64;

const SCRIPTS: Readonly<Record<string, { method: string }>> = { Hant: hant, Hans: hans };

function method(locale: string | undefined): string {
  try {
    const script = locale === undefined ? undefined : new Intl.Locale(locale).maximize().script;
    return (SCRIPTS[script ?? ''] ?? en).method;
  } catch {
    // The tag came from outside and isn't well-formed.
    return en.method;
  }
}

/** A name that none of `taken` has: the model's or else the method's, `YubiKey 5 NFC 2`. */
export function defaultName(model: string | undefined, locale: string | undefined, taken: readonly string[]): string {
  const name = givenName(model) ?? method(locale);
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}

/** What a person typed as a name, on one line and bounded; undefined where nothing is left. */
export function givenName(typed: string | undefined): string | undefined {
  const text = (typed ?? '')
    .slice(0, 4 * LONGEST)
    .toWellFormed()
    .normalize('NFC');
  const name = [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, LONGEST).join('').trim();
  return name === '' ? undefined : name;
}
