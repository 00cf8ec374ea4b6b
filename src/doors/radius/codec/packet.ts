import { TYPE } from './numbers.ts';

/** Octets before the attributes: code, identifier, length, authenticator (RFC 2865 section 3). */
export const HEADER = 20;
/** Octets of the longest packet. */
export const LONGEST = 4096;
/** Octets of the longest value of one attribute (RFC 2865 section 5). */
export const LONGEST_VALUE = 253;

export interface Attribute {
  type: number;
  value: Buffer;
}

/** A packet as it came. */
export interface Packet {
  code: number;
  identifier: number;
  /** 16 octets. */
  authenticator: Buffer;
  /** In their order, none left out. */
  attributes: readonly Attribute[];
  /** The packet alone: what came behind its length is padding, and isn't here. */
  octets: Buffer;
}

/** Why something is no packet. */
export type Malformed = 'too-short' | 'too-long' | 'length' | 'attributes';

/**
 * Reads a packet, or says why it is none. Octets beyond its length are padding; fewer are a fault (RFC 2865 section 3).
 * Values are views of `received`.
 */
export function decode(received: Buffer): Packet | Malformed {
  if (received.length < HEADER) return 'too-short';
  const length = received.readUInt16BE(2);
  if (length < HEADER || length > received.length) return 'length';
  if (length > LONGEST) return 'too-long';
  const octets = received.subarray(0, length);
  const attributes: Attribute[] = [];
  for (let at = HEADER; at < length; ) {
    const [type, size] = [octets[at], octets[at + 1]];
    if (type === undefined || size === undefined || size < 2 || at + size > length) return 'attributes';
    attributes.push({ type, value: octets.subarray(at + 2, at + size) });
    at += size;
  }
  return {
    code: octets.readUInt8(0),
    identifier: octets.readUInt8(1),
    authenticator: at16(octets),
    attributes,
    octets,
  };
}

const at16 = (octets: Buffer): Buffer => octets.subarray(4, HEADER);

/** Octets of a packet whose authenticator is still to be computed, where none is given. */
export function encode(
  { code, identifier, authenticator }: { code: number; identifier: number; authenticator?: Buffer },
  attributes: readonly Attribute[],
): Buffer {
  const parts = attributes.map(({ type, value }) => {
    if (value.length > LONGEST_VALUE) throw new RangeError(`attribute ${type} has ${value.length} octets`);
    return Buffer.concat([Buffer.of(type, value.length + 2), value]);
  });
  const octets = Buffer.concat([Buffer.alloc(HEADER), ...parts]);
  if (octets.length > LONGEST) throw new RangeError(`a packet of ${octets.length} octets`);
  octets.writeUInt8(code, 0);
  octets.writeUInt8(identifier, 1);
  octets.writeUInt16BE(octets.length, 2);
  authenticator?.copy(octets, 4);
  return octets;
}

/** Values of one type, in their order. */
export function valuesIn({ attributes }: Pick<Packet, 'attributes'>, type: number): Buffer[] {
  return attributes.filter((it) => it.type === type).map(({ value }) => value);
}

/** The first value of one type. */
export function valueIn({ attributes }: Pick<Packet, 'attributes'>, type: number): Buffer | undefined {
  return attributes.find((it) => it.type === type)?.value;
}

/** An attribute of text: UTF-8, and never NUL at its end (RFC 2865 section 5). */
export const text = (type: number, value: string): Attribute => ({ type, value: Buffer.from(value, 'utf8') });

/** An attribute of four octets: a number, or seconds. */
export function integer(type: number, value: number): Attribute {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
}

/** A vendor's own attribute (RFC 2865 section 5.26): its number, type and value in the usual format. */
export function vendorSpecific(vendor: number, type: number, value: Buffer): Attribute {
  const octets = Buffer.alloc(6 + value.length);
  octets.writeUInt32BE(vendor);
  octets.writeUInt8(type, 4);
  octets.writeUInt8(value.length + 2, 5);
  value.copy(octets, 6);
  return { type: TYPE.vendorSpecific, value: octets };
}

/** The vendor of a vendor's own attribute. */
export const vendorOf = (value: Buffer): number | undefined => (value.length < 4 ? undefined : value.readUInt32BE());

/** The first value that a vendor gave for one of its types, in the usual format. */
export function vendorValueIn(packet: Pick<Packet, 'attributes'>, vendor: number, type: number): Buffer | undefined {
  for (const value of valuesIn(packet, TYPE.vendorSpecific)) {
    if (vendorOf(value) !== vendor) continue;
    for (let at = 4; at + 2 <= value.length; ) {
      const size = value.readUInt8(at + 1);
      if (size < 2 || at + size > value.length) break;
      if (value.readUInt8(at) === type) return value.subarray(at + 2, at + size);
      at += size;
    }
  }
  return undefined;
}
