import { quoted, ScimError } from './errors.ts';

/** UTF-16 code units of a filter or path. */
const LONGEST = 2048;

const WORD = /[A-Za-z0-9:._$-]/;

/** One filter or path, read from left to right, in time linear to its length. Throws invalidFilter or invalidPath. */
export class Tokens {
  readonly #text: string;
  readonly #scimType: 'invalidFilter' | 'invalidPath';
  #at = 0;

  constructor(text: string, scimType: 'invalidFilter' | 'invalidPath') {
    this.#text = text;
    this.#scimType = scimType;
    if (text.length > LONGEST) throw this.fault(`it is longer than ${LONGEST} characters`);
  }

  fault(why: string): ScimError {
    const rest = this.#text.slice(this.#at, this.#at + 60);
    const where = rest === '' ? 'at its end' : `before ${quoted(rest)}`;
    return new ScimError(400, `${why} (${where}).`, this.#scimType);
  }

  get done(): boolean {
    this.#skip();
    return this.#at >= this.#text.length;
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  /** Takes a sign if it comes next; `close`: without white space before it. */
  take(sign: string, close = false): boolean {
    if (!close) this.#skip();
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw this.fault(`${quoted(sign)} is missing`);
  }

  /** The next word without taking it, in lower case. */
  get next(): string {
    const before = this.#at;
    const word = this.#word().toLowerCase();
    this.#at = before;
    return word;
  }

  #word(): string {
    this.#skip();
    const from = this.#at;
    while (WORD.test(this.#text[this.#at] ?? '')) this.#at += 1;
    return this.#text.slice(from, this.#at);
  }

  word(what: string): string {
    const word = this.#word();
    if (word === '') throw this.fault(`${what} is missing`);
    return word;
  }

  /** A JSON string, number, true, false or null. */
  literal(): string | number | boolean | null {
    this.#skip();
    const text = this.#text[this.#at] === '"' ? this.#string() : this.word('a value');
    try {
      // Entra and others write True and False.
      return JSON.parse(/^(?:true|false|null)$/i.test(text) ? text.toLowerCase() : text) as string | number;
    } catch {
      throw this.fault('the value is no JSON text, number, true, false or null');
    }
  }

  #string(): string {
    const from = this.#at;
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const sign = this.#text[at];
      if (sign === '\\') at += 1;
      if (sign !== '"') continue;
      this.#at = at + 1;
      return this.#text.slice(from, this.#at);
    }
    throw this.fault('a text isn’t closed by a quotation mark');
  }
}
