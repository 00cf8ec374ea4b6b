import { SallyportError } from './errors.ts';

/** Encodings that a file names by its first bytes. */
const MARKS: readonly [mark: readonly number[], label: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** Option of a command that reads a file. */
export const ENCODING = {
  flags: '--encoding <name>',
  description: 'of a file that is neither UTF-8 nor UTF-16: windows-1252, big5, gbk, shift_jis …',
};

/** What to do about a file that is something else, by the names that Excel has for it. */
const SAVE_AS =
  'save the file as UTF-8 (in Excel: “CSV UTF-8 (Comma delimited)”, 「CSV UTF-8 (逗號分隔)」, “CSV UTF-8 (逗号分隔)”), ' +
  'or say what it is: --encoding windows-1252, big5, gbk, shift_jis …';

/**
 * Text of a file that somebody else wrote: UTF-8, or UTF-16 with a byte order mark; other bytes only where `encoding`
 * names theirs, as the Encoding Standard (WHATWG) does. Nothing is replaced: letters that can't be read, or were lost
 * before, are a fault.
 *
 * @throws SallyportError ERR_INPUT with the line
 */
export function decodeText(bytes: Uint8Array, encoding?: string): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))?.[1];
  const label = marked ?? encoding ?? 'utf-8';
  const decoder = decoderOf(label);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw fault(`${lineOf(bytes, label)} isn't ${nameOf(label)}: ${SAVE_AS}`, cause);
  }
  const zero = text.indexOf('\0');
  if (zero !== -1) throw fault(`line ${linesUpTo(text, zero)} holds zero bytes, as UTF-16 does: ${SAVE_AS}`);
  // Several encodings take any bytes: what is another one's comes out as control characters.
  const control = text.search(/[^\P{Cc}\t\r\n]/u);
  if (control !== -1) {
    throw fault(`line ${linesUpTo(text, control)} holds control characters, so it isn't ${nameOf(label)}: ${SAVE_AS}`);
  }
  const lost = text.indexOf('\u{fffd}');
  if (lost !== -1) {
    const where = `line ${linesUpTo(text, lost)}`;
    throw fault(`${where} holds letters that were lost when the file was written (U+FFFD): export it again`);
  }
  return text;
}

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch (cause) {
    throw fault(`--encoding ${label} isn't known: windows-1252, big5, gbk, shift_jis, utf-16le …`, cause);
  }
}

const nameOf = (label: string): string => label.toUpperCase();

/** Of bytes in which every line ends in one byte, the first line that can't be read; of UTF-16 nothing so exact. */
function lineOf(bytes: Uint8Array, label: string): string {
  if (label.startsWith('utf-16')) return 'the file';
  let begin = 0;
  for (let line = 1; begin <= bytes.length; line++) {
    const end = bytes.indexOf(0x0a, begin);
    const part = bytes.subarray(begin, end === -1 ? bytes.length : end);
    try {
      new TextDecoder(label, { fatal: true }).decode(part);
    } catch {
      return `line ${line}`;
    }
    if (end === -1) break;
    begin = end + 1;
  }
  return 'the file';
}

function linesUpTo(text: string, place: number): number {
  return text.slice(0, place).split(/\r\n|\n|\r/).length;
}

function fault(message: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_INPUT', message, { cause });
}
