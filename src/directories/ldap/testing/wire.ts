import { BerWriter } from 'ldapts';

/** An element of BER, as LDAP uses it (RFC 4511 section 5.1): tags of one octet, definite lengths. */
export interface Element {
  tag: number;
  octets: Buffer;
}

/** The first element, and where it ends; undefined while some of it is still to come. */
export function firstElement(octets: Buffer): { element: Element; end: number } | undefined {
  const [tag, short] = octets;
  if (tag === undefined || short === undefined) return undefined;
  const more = short < 0x80 ? 0 : short & 0x7f;
  if (octets.length < 2 + more) return undefined;
  const length = more === 0 ? short : octets.readUIntBE(2, more);
  const end = 2 + more + length;
  return octets.length < end ? undefined : { element: { tag, octets: octets.subarray(2 + more, end) }, end };
}

/** What a constructed element holds. */
export function partsOf({ octets }: Element): Element[] {
  const parts: Element[] = [];
  for (let rest = octets; rest.length > 0; ) {
    const first = firstElement(rest);
    if (first === undefined) throw new Error('an element ends in the middle');
    parts.push(first.element);
    rest = rest.subarray(first.end);
  }
  return parts;
}

const NOTHING: Element = { tag: 0x05, octets: Buffer.alloc(0) };
/** The part at a place; an empty one where there is none. */
export const partOf = (parts: readonly Element[], at: number): Element => parts[at] ?? NOTHING;
export const textOf = ({ octets }: Element): string => octets.toString('utf8');
export const numberOf = ({ octets }: Element): number => (octets.length > 0 ? octets.readIntBE(0, octets.length) : 0);

/** Values of attributes, by their names as the server spells them. */
export type Attributes = Readonly<Record<string, readonly (string | Buffer)[]>>;

/** Of an attribute, whatever the case of its name. */
export function valuesOf(attributes: Attributes, name: string): readonly (string | Buffer)[] {
  const wanted = name.toLowerCase();
  return Object.entries(attributes).find(([key]) => key.toLowerCase() === wanted)?.[1] ?? [];
}

/** Whether a filter (RFC 4511 section 4.5.1.7) matches; texts are compared without case. */
export function matches(filter: Element, attributes: Attributes): boolean {
  const parts = () => partsOf(filter);
  const compared = (holds: (value: Buffer, wanted: Buffer) => boolean) => {
    const [name, wanted] = [textOf(partOf(parts(), 0)), partOf(parts(), 1).octets];
    return valuesOf(attributes, name).some((value) => holds(Buffer.from(value), wanted));
  };
  const folded = (octets: Buffer) => octets.toString('latin1').toLowerCase();
  switch (filter.tag) {
    case 0xa0:
      return parts().every((part) => matches(part, attributes));
    case 0xa1:
      return parts().some((part) => matches(part, attributes));
    case 0xa2:
      return !matches(partOf(parts(), 0), attributes);
    case 0xa3:
      return compared((value, wanted) => value.equals(wanted) || folded(value) === folded(wanted));
    case 0xa5:
      return compared((value, wanted) => Number(value.toString()) >= Number(wanted.toString()));
    case 0x87:
      return valuesOf(attributes, textOf(filter)).length > 0;
    default:
      throw new Error(`a filter that the double doesn't know: ${filter.tag.toString(16)}`);
  }
}

export interface Result {
  code: number;
  text?: string;
  /** Addresses of other servers (RFC 4511 section 4.1.10). */
  referral?: string;
}

/** A message whose operation is of this tag. */
function message(id: number, tag: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  write(writer);
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

export const resultMessage = (id: number, tag: number, { code, text = '', referral }: Result): Buffer =>
  message(id, tag, (writer) => {
    writer.writeEnumeration(code);
    writer.writeString('');
    writer.writeString(text);
    if (referral === undefined) return;
    writer.startSequence(0xa3);
    writer.writeString(referral);
    writer.endSequence();
  });

export const entryMessage = (id: number, dn: string, attributes: Attributes): Buffer =>
  message(id, 0x64, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });

/** RFC 4511 section 4.5.3. */
export const referenceMessage = (id: number, url: string): Buffer =>
  message(id, 0x73, (writer) => writer.writeString(url));
