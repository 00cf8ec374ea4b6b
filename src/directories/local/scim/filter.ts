import { quoted } from './errors.ts';
import { GROUP, USER } from './terms.ts';
import { Tokens } from './tokens.ts';

export const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export type Literal = string | number | boolean | null;

/** A name out of a filter or path, in lower case; `schema` where it is one of an extension. */
export interface Attribute {
  schema?: string;
  name: string;
  sub?: string;
}

/** RFC 7644 section 3.4.2.2, read. `within`: what one element of a list must be. */
export type Filter =
  | { is: 'and' | 'or'; left: Filter; right: Filter }
  | { is: 'not'; of: Filter }
  | { is: 'present'; attribute: Attribute; within?: Filter }
  | { is: 'compare'; attribute: Attribute; within?: Filter; by: Comparison; value: Literal }
  | { is: 'element'; attribute: Attribute; within: Filter };

/** Parentheses, `not` and brackets inside one another, and comparisons in all. */
const DEEPEST = 10;
const MOST = 50;

const CORE = [USER, GROUP].map((name) => name.toLowerCase());
const NAME = /^[a-z$][a-z0-9_$-]*$/;

/** Reads a name, with its URN and sub-attribute: `name.givenName`, `urn:…:User:userName`. */
export function attributeOf(word: string): Attribute | undefined {
  const lower = word.toLowerCase();
  const colon = lower.lastIndexOf(':');
  const schema = colon < 0 ? undefined : lower.slice(0, colon);
  const [name = '', sub, ...more] = lower.slice(colon + 1).split('.');
  if (!NAME.test(name) || (sub !== undefined && !NAME.test(sub)) || more.length > 0) return undefined;
  if (schema !== undefined && !schema.startsWith('urn:')) return undefined;
  const extended = schema !== undefined && !CORE.includes(schema);
  return { ...(extended && { schema }), name, ...(sub !== undefined && { sub }) };
}

/** Reads comparisons and what joins them. */
export class FilterParser {
  readonly #tokens: Tokens;
  #comparisons = 0;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** `and` binds closer than `or`. */
  either(depth = 0): Filter {
    let left = this.#both(depth);
    while (this.#joined('or')) left = { is: 'or', left, right: this.#both(depth) };
    return left;
  }

  #both(depth: number): Filter {
    let left = this.#one(depth);
    while (this.#joined('and')) left = { is: 'and', left, right: this.#one(depth) };
    return left;
  }

  #joined(word: 'and' | 'or'): boolean {
    if (this.#tokens.next !== word) return false;
    this.#tokens.word(word);
    return true;
  }

  #one(depth: number): Filter {
    if (depth > DEEPEST) throw this.#tokens.fault(`it is nested more than ${DEEPEST} deep`);
    if (this.#tokens.take('(')) return this.#closed(depth, ')');
    if (this.#tokens.next === 'not') {
      this.#tokens.word('not');
      this.#tokens.expect('(');
      return { is: 'not', of: this.#closed(depth, ')') };
    }
    return this.#comparison(depth);
  }

  #closed(depth: number, sign: ')' | ']'): Filter {
    const inner = this.either(depth + 1);
    this.#tokens.expect(sign);
    return inner;
  }

  attribute(): Attribute {
    const word = this.#tokens.word('the name of an attribute');
    const attribute = attributeOf(word);
    if (attribute === undefined) throw this.#tokens.fault(`${quoted(word)} is no name of an attribute`);
    return attribute;
  }

  /** What stands behind a name: `[type eq "work"].value`. */
  element(attribute: Attribute, depth = 0): { attribute: Attribute; within?: Filter } {
    if (!this.#tokens.take('[')) return { attribute };
    const within = this.#closed(depth, ']');
    if (!this.#tokens.take('.', true)) return { attribute, within };
    const { name: sub } = this.attribute();
    return { attribute: { ...attribute, sub }, within };
  }

  #comparison(depth: number): Filter {
    this.#comparisons += 1;
    if (this.#comparisons > MOST) throw this.#tokens.fault(`it has more than ${MOST} comparisons`);
    const { attribute, within } = this.element(this.attribute(), depth);
    const of = { attribute, ...(within && { within }) };
    const next = this.#tokens.next;
    if (next === 'pr') {
      this.#tokens.word('pr');
      return { is: 'present', ...of };
    }
    const by = COMPARISONS.find((one) => one === next);
    if (by !== undefined) {
      this.#tokens.word('an operator');
      return { is: 'compare', ...of, by, value: this.#tokens.literal() };
    }
    if (within !== undefined && attribute.sub === undefined) return { is: 'element', attribute, within };
    throw this.#tokens.fault(`an operator is missing: ${COMPARISONS.join(', ')} or pr`);
  }
}

/** Reads a filter. Throws ScimError, and nothing else. */
export function parseFilter(text: string): Filter {
  const tokens = new Tokens(text, 'invalidFilter');
  const filter = new FilterParser(tokens).either();
  if (!tokens.done) throw tokens.fault('the filter ends before this');
  return filter;
}
