/** DER (X.690), as far as certificate extensions need it: definite lengths, low tags, nothing left over. */
export interface Element {
  tag: number;
  content: Uint8Array;
}

export const TAG = { boolean: 0x01, integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30 } as const;

/** Bytes of a length that are read: certificates are far smaller than 16 MiB. */
const LENGTH_BYTES = 3;

function fail(why: string): never {
  throw new TypeError(`not DER: ${why}`);
}

/** The element at the beginning of `bytes`, and what follows it. Throws TypeError where it isn't DER. */
export function first(bytes: Uint8Array): { element: Element; rest: Uint8Array } {
  const [tag, short] = bytes;
  if (tag === undefined || short === undefined) fail('it ends early');
  if ((tag & 0x1f) === 0x1f) fail('a tag of several bytes');
  const { length, start } = lengthOf(bytes, short);
  const end = start + length;
  if (end > bytes.length) fail('it ends early');
  return { element: { tag, content: bytes.subarray(start, end) }, rest: bytes.subarray(end) };
}

function lengthOf(bytes: Uint8Array, short: number): { length: number; start: number } {
  if (short < 0x80) return { length: short, start: 2 };
  const count = short & 0x7f;
  if (count === 0 || count > LENGTH_BYTES || bytes.length < 2 + count) fail('a length that cannot be');
  const length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  if (bytes[2] === 0 || length < 0x80) fail('a length longer than needed');
  return { length, start: 2 + count };
}

/** The only element of `bytes`, with the tag that is expected. */
export function only(bytes: Uint8Array, tag: number): Uint8Array {
  const { element, rest } = first(bytes);
  if (element.tag !== tag) fail(`tag ${element.tag} where ${tag} was expected`);
  if (rest.length > 0) fail('something follows it');
  return element.content;
}

/** All elements of a constructed one's content. */
export function all(content: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let rest = content; rest.length > 0; ) {
    const next = first(rest);
    found.push(next.element);
    rest = next.rest;
  }
  return found;
}

/** Dotted form of an object identifier's content. */
export function oid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const [at, byte] of content.entries()) {
    if (arc === 0 && byte === 0x80) fail('an arc longer than needed');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) fail('an arc too great');
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    } else if (at === content.length - 1) fail('an arc that ends early');
  }
  const [joined, ...others] = arcs;
  if (joined === undefined) fail('an empty object identifier');
  const root = Math.min(2, Math.floor(joined / 40));
  return [root, joined - 40 * root, ...others].join('.');
}
