import { bare, ENOUGH, weightOf } from '../words.ts';
import { repeatedPart, withoutRuns } from './runs.ts';

/** A run that isn't there by chance. */
const RUN = 4;
/** Longer ones aren't looked at for what they repeat: nobody's habit is that long. */
const LONGEST = 256;

/** What people write in the place of a letter; `1` stands for two. */
const LEET = { '@': 'a', '4': 'a', '3': 'e', '0': 'o', $: 's', '5': 's', '7': 't', '!': 'i' } as const;
const READINGS = [
  { ...LEET, '1': 'i' },
  { ...LEET, '1': 'l' },
].map((map) => new Map<string, string>(Object.entries(map)));

/** The 49,233 of zxcvbn-ts (MIT), read when the first password is chosen: they take 20 MB. */
let list: Promise<ReadonlySet<string>> | undefined;
function listed(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return list;
}

/**
 * Whether many people have it, or one like it: with other capitals, `3` for `e`, twice over, with digits around it, or
 * with nothing but what lies side by side on a keyboard. It is compared as a whole (NIST SP 800-63B-4 section 3.1.1.2):
 * several words of the list that don't belong together are welcome.
 */
export async function isCommon(password: string): Promise<boolean> {
  const known = await listed();
  const lower = password.normalize('NFKC').toLowerCase().slice(0, LONGEST);
  if (known.has(lower)) return true;
  const forms = new Set(
    [lower, ...READINGS.map((map) => [...lower].map((it) => map.get(it) ?? it).join(''))].map(bare),
  );
  return [...forms].some((form) => isWeak(form, known));
}

function isWeak(form: string, known: ReadonlySet<string>): boolean {
  const part = repeatedPart(form);
  if (part.length < form.length && weightOf(part) <= ENOUGH) return true;
  const left = withoutRuns(part, RUN);
  if (left.length < part.length && weightOf(left) < ENOUGH) return true;
  return [part, left].some((text) => coresOf(text).some((core) => known.has(core)));
}

/** The text, and without the few digits around it. */
function coresOf(text: string): string[] {
  const core = text.replace(/^\d+|\d+$/g, '');
  return text.length - core.length < ENOUGH && core.length >= 4 ? [text, core] : [text];
}
