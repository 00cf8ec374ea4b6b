/**
 * DEFLATE (RFC 1951), as the redirect binding deflates its messages. Node's own makes a stream for each call, which
 * lives with 16 KiB of its own, and the 64 KiB that its input lies in, until the whole heap is collected: of a few hundred
 * bytes, hundreds of times a second. It takes what zlib takes and refuses what zlib refuses; the test holds it beside it.
 */

/** What is wrong with deflated octets; `large`: they unfold to more than was allowed. */
export class InflateFault extends Error {
  readonly large: boolean;

  constructor(message: string, large = false) {
    super(message);
    this.large = large;
  }
}

const LONGEST_CODE = 15;
const END_OF_BLOCK = 256;
/** Codes that a dynamic block may have (zlib's bounds; the format could name two more of each). */
const MOST_LENGTHS = 286;
const MOST_DISTANCES = 30;

/** Section 3.2.5. */
const LENGTHS = ranges(3, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]);
const LONGEST = { base: 258, extra: 0 };
const DISTANCES = ranges(
  1,
  Array.from({ length: MOST_DISTANCES }, (_, code) => Math.max(0, (code >> 1) - 1)),
);
/** The order of the code lengths of code lengths (section 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Values that a code stands for: from `base` on, by so many bits more. */
function ranges(from: number, bits: readonly number[]): { base: number; extra: number }[] {
  let base = from;
  return bits.map((extra) => {
    const range = { base, extra };
    base += 1 << extra;
    return range;
  });
}

/** A canonical Huffman code (section 3.2.2): how many codes have each length, and their symbols in order. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

/** Throws where more codes are given than there are; fewer may be given only of a set with one code of one bit, or none. */
function codeOf(lengths: Uint8Array, incomplete: boolean): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  const places = new Uint16Array(LONGEST_CODE + 2);
  let left = 1;
  let longest = 0;
  for (let length = 1; length <= LONGEST_CODE; length += 1) {
    const count = counts[length] ?? 0;
    if (count > 0) longest = length;
    left = (left << 1) - count;
    if (left < 0) throw new InflateFault('more codes than there are');
    places[length + 1] = (places[length] ?? 0) + count;
  }
  if (left > 0 && !(incomplete && longest <= 1)) throw new InflateFault('codes are missing');
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol] ?? 0;
    if (length === 0) continue;
    const place = places[length] ?? 0;
    symbols[place] = symbol;
    places[length] = place + 1;
  }
  return { counts, symbols };
}

/** Section 3.2.6. Of distances all 32 codes are there; two of them mean nothing. */
const FIXED = {
  lengths: codeOf(
    Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
    false,
  ),
  distances: codeOf(new Uint8Array(32).fill(5), false),
};

/** Throws InflateFault. What follows the last block is passed over. `most`: bytes that they may unfold to. */
export function inflateRaw(deflated: Uint8Array, most: number): Buffer {
  return new Inflation(deflated, most).run();
}

class Inflation {
  readonly #from: Uint8Array;
  readonly #most: number;
  #to: Buffer;
  #at = 0;
  #length = 0;
  /** Bits that were taken from the input and not used yet. */
  #bits = 0;
  #held = 0;

  constructor(from: Uint8Array, most: number) {
    this.#from = from;
    this.#most = most;
    this.#to = Buffer.allocUnsafe(Math.min(most, 4 * from.length + 64));
  }

  run(): Buffer {
    let last = false;
    while (!last) {
      last = this.#take(1) === 1;
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#compressed(FIXED.lengths, FIXED.distances);
      else if (kind === 2) this.#dynamic();
      else throw new InflateFault('a block of no kind');
    }
    return this.#to.subarray(0, this.#length);
  }

  #byte(): number {
    const byte = this.#from[this.#at];
    if (byte === undefined) throw new InflateFault('it ends too soon');
    this.#at += 1;
    return byte;
  }

  #take(count: number): number {
    while (this.#held < count) {
      this.#bits |= this.#byte() << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  /** Room for so many bytes more. */
  #room(count: number): void {
    const due = this.#length + count;
    if (due > this.#most) throw new InflateFault(`more than ${this.#most} bytes`, true);
    if (due <= this.#to.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#most, Math.max(due, 2 * this.#to.length)));
    larger.set(this.#to.subarray(0, this.#length));
    this.#to = larger;
  }

  /** Section 3.2.4. */
  #stored(): void {
    this.#bits = 0;
    this.#held = 0;
    const [low, high, notLow, notHigh] = [this.#take(8), this.#take(8), this.#take(8), this.#take(8)];
    const length = low | (high << 8);
    if (length !== (~(notLow | (notHigh << 8)) & 0xffff)) throw new InflateFault('the length of a stored block');
    const bytes = this.#from.subarray(this.#at, this.#at + length);
    this.#room(bytes.length);
    if (bytes.length < length) throw new InflateFault('it ends too soon');
    this.#to.set(bytes, this.#length);
    this.#at += length;
    this.#length += length;
  }

  /** Section 3.2.7. */
  #dynamic(): void {
    const [lengths, distances, given] = [this.#take(5) + 257, this.#take(5) + 1, this.#take(4) + 4];
    if (lengths > MOST_LENGTHS || distances > MOST_DISTANCES) throw new InflateFault('too many codes');
    const ofLengths = new Uint8Array(ORDER.length);
    for (const symbol of ORDER.slice(0, given)) ofLengths[symbol] = this.#take(3);
    const all = this.#codeLengths(codeOf(ofLengths, false), lengths + distances);
    if (all[END_OF_BLOCK] === 0) throw new InflateFault('a block without an end');
    this.#compressed(codeOf(all.subarray(0, lengths), true), codeOf(all.subarray(lengths), true));
  }

  #codeLengths(code: Code, count: number): Uint8Array {
    const all = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        all[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw new InflateFault('nothing to repeat');
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (at + times > count) throw new InflateFault('more lengths than codes');
      all.fill(symbol === 16 ? (all[at - 1] ?? 0) : 0, at, at + times);
      at += times;
    }
    return all;
  }

  /**
   * The next symbol: codes of one length follow each other, each length's after the shorter ones'. Bits are taken one
   * by one here, most of all that happens in this file, so they aren't asked of `#take`.
   */
  #symbol({ counts, symbols }: Code): number {
    let bits = this.#bits;
    let held = this.#held;
    let code = 0;
    let first = 0;
    let place = 0;
    for (let length = 1; length <= LONGEST_CODE; length += 1) {
      if (held === 0) {
        bits = this.#byte();
        held = 8;
      }
      code |= bits & 1;
      bits >>>= 1;
      held -= 1;
      const count = counts[length] as number;
      if (code - count < first) {
        this.#bits = bits;
        this.#held = held;
        return symbols[place + code - first] as number;
      }
      place += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new InflateFault('a code that means nothing');
  }

  #compressed(lengths: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(lengths);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#room(1);
        this.#to[this.#length++] = symbol;
      } else this.#repeat(symbol, distances);
    }
  }

  /** What stands so far back comes again, up to itself. */
  #repeat(symbol: number, distances: Code): void {
    const range = symbol === MOST_LENGTHS - 1 ? LONGEST : LENGTHS[symbol - END_OF_BLOCK - 1];
    if (range === undefined) throw new InflateFault('a length that means nothing');
    const length = range.base + this.#take(range.extra);
    const back = DISTANCES[this.#symbol(distances)];
    if (back === undefined) throw new InflateFault('a distance that means nothing');
    const distance = back.base + this.#take(back.extra);
    if (distance > this.#length) throw new InflateFault('a distance before the beginning');
    this.#room(length);
    for (let end = this.#length + length; this.#length < end; this.#length += 1)
      this.#to[this.#length] = this.#to[this.#length - distance] ?? 0;
  }
}
