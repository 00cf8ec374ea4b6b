import type { Message } from '../../core/prompt.ts';
import type { CharacterClass, PasswordProfile } from './profile.ts';

/** The password as it is kept: NFC, as whoever checks it normalises (RFC 8265 section 4.2). */
export function normalPassword(typed: string): string {
  return typed.normalize('NFC');
}

const CLASSES: Readonly<Record<CharacterClass, RegExp>> = {
  letter: /\p{L}/u,
  lower: /\p{Ll}/u,
  upper: /\p{Lu}/u,
  digit: /\p{Nd}/u,
  symbol: /[^\p{L}\p{M}\p{N}\p{Z}\p{C}]/u,
};

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Longer ones than this nobody types: people needn't read where it ends. */
const UNSAID = 64;

/** All that speaks against a password by its form alone, in the order in which it is said; none is none. */
export function formFaults(typed: string, profile: PasswordProfile): Message[] {
  const text = normalPassword(typed);
  const { length, bytes, composition, characters } = profile;
  const most = mostOf(profile);
  const faults: Message[] = [];
  if ([...text].length < length.minimum) faults.push(fault('too-short', length.minimum));
  if ([...text].length > length.maximum) faults.push(fault('too-long', most));
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) faults.push(fault('unacceptable'));
  if (characters === 'printable-ascii' && !PRINTABLE_ASCII.test(text)) faults.push(fault('not-ascii'));
  if (Buffer.byteLength(text) > bytes) faults.push(fault('too-many-bytes', bytes));
  for (const needed of composition) if (!CLASSES[needed].test(text)) faults.push(fault(`lacks.${needed}`));
  return faults;
}

/** What a new password must be, in words, before it is typed. */
export function rulesOf(profile: PasswordProfile): Message[] {
  const { length, bytes, composition, characters, blocklists, history } = profile;
  const { minimum } = length;
  const most = mostOf(profile);
  const ascii = characters === 'printable-ascii';
  const within = { key: 'new-password.rules.between', values: { minimum, maximum: most } };
  const lists = blocklists.filter((list) => list === 'institution' || list === 'personal');
  const used = blocklists.length > lists.length;
  return [
    most > UNSAID ? rule('least', minimum) : within,
    ...composition.map((needed) => rule(`has.${needed}`)),
    ...(ascii ? [rule('printable-ascii', most)] : []),
    ...(!ascii && bytes < length.maximum ? [rule('bytes', bytes)] : []),
    ...lists.map((list) => rule(list)),
    ...(used ? [rule('used')] : []),
    history > 0 ? rule('history', history) : rule('same'),
  ];
}

/** Of ASCII a byte is a character. */
function mostOf({ length: { maximum }, bytes, characters }: PasswordProfile): number {
  return characters === 'printable-ascii' ? Math.min(maximum, bytes) : maximum;
}

function fault(key: string, count?: number): Message {
  return { key: `new-password.${key}`, ...(count === undefined ? {} : { values: { count } }) };
}

function rule(key: string, count?: number): Message {
  return fault(`rules.${key}`, count);
}
