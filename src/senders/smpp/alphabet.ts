import type { Part } from './pdu.ts';

/** GSM 7-bit default alphabet (3GPP TS 23.038 section 6.2.1), by position; the escape stands at 0x1b. */
const BASIC = [
  ...'@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?',
  ...'¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
];
const ESCAPE = 0x1b;
/** Its extension table (section 6.2.1.1): after the escape. */
const EXTENDED: readonly (readonly [string, number])[] = [
  ['^', 0x14],
  ['{', 0x28],
  ['}', 0x29],
  ['\\', 0x2f],
  ['[', 0x3c],
  ['~', 0x3d],
  [']', 0x3e],
  ['|', 0x40],
  ['€', 0x65],
];

const GSM: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ...BASIC.map((character, at): [string, number[]] => [character, [at]]).filter(([, [at]]) => at !== ESCAPE),
  ...EXTENDED.map(([character, at]): [string, number[]] => [character, [ESCAPE, at]]),
]);

/** Units that a message holds alone, and each part of several (3GPP TS 23.040 section 9.2.3.24.1). */
const ROOM = { gsm: { alone: 160, each: 153 }, ucs2: { alone: 140, each: 134 } };
const UCS2 = 0x08;

/** Octets of each character: what must not be torn apart. Undefined where one has no place in the alphabet. */
function inGsm(text: string): readonly (readonly number[])[] | undefined {
  const found = [...text].map((character) => GSM.get(character));
  return found.every((octets) => octets !== undefined) ? found : undefined;
}

/** UTF-16 big-endian: phones show surrogate pairs, though UCS-2 has none. */
function inUcs2(text: string): number[][] {
  return [...text.toWellFormed()].map((character) => [...Buffer.from(character, 'utf16le').swap16()]);
}

function fill(characters: readonly (readonly number[])[], room: number): number[][] {
  const parts: number[][] = [[]];
  for (const octets of characters) {
    const last = parts.at(-1);
    if (last === undefined || last.length + octets.length > room) parts.push([...octets]);
    else last.push(...octets);
  }
  return parts;
}

/**
 * A text as the parts that are sent: one, or several with the header that joins them, which all bear `reference`.
 * `coding`: `ucs2` writes everything so, where a message centre's default alphabet isn't GSM's.
 */
export function partsOf(text: string, coding: 'auto' | 'ucs2', reference: number): Part[] {
  const gsm = coding === 'auto' ? inGsm(text) : undefined;
  const room = gsm ? ROOM.gsm : ROOM.ucs2;
  const characters = gsm ?? inUcs2(text);
  const data = gsm ? 0 : UCS2;
  const length = characters.reduce((sum, octets) => sum + octets.length, 0);
  if (length <= room.alone) return [{ coding: data, headed: false, octets: Buffer.from(characters.flat()) }];
  const parts = fill(characters, room.each);
  // Information element 0: concatenated messages, with an 8-bit reference.
  return parts.map((octets, at) => ({
    coding: data,
    headed: true,
    octets: Buffer.from([5, 0, 3, reference & 0xff, parts.length, at + 1, ...octets]),
  }));
}
