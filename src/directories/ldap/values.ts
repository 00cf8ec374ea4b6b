import type { Entry } from 'ldapts';

/** The values of an attribute, as text, whatever the case of its name (RFC 4512 section 2.5). Octets are left out. */
export function textsOf(entry: Entry, attribute: string): string[] {
  return valuesOf(entry, attribute).filter((value) => typeof value === 'string' && value !== '') as string[];
}

export const textOf = (entry: Entry, attribute: string): string | undefined => textsOf(entry, attribute)[0];

/** The first value that one of these has. */
export function firstOf(entry: Entry, attributes: readonly string[]): string | undefined {
  return attributes.flatMap((attribute) => textsOf(entry, attribute))[0];
}

export function octetsOf(entry: Entry, attribute: string): Buffer[] {
  return valuesOf(entry, attribute).map((value) => (typeof value === 'string' ? Buffer.from(value, 'utf8') : value));
}

/** Whether a server gave some of the values alone: Active Directory does from 1500 on (MS-ADTS section 3.1.1.3.1.3.3). */
export function isCut(entry: Entry, attribute: string): boolean {
  const wanted = `${attribute.toLowerCase()};range=`;
  return Object.keys(entry).some((key) => key.toLowerCase().startsWith(wanted));
}

function valuesOf(entry: Entry, attribute: string): (string | Buffer)[] {
  const wanted = attribute.toLowerCase();
  const found = Object.entries(entry).find(([key]) => key !== 'dn' && key.toLowerCase() === wanted)?.[1];
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

/** Epoch milliseconds of a generalized time (RFC 4517 section 3.3.13); undefined for anything else. */
export function timeOf(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:(\d\d))?)?(?:[.,]\d+)?(Z|[+-]\d\d(?:\d\d)?)$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', zone = 'Z'] = match;
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3) || '00'}`;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(at) ? undefined : at;
}

/** Between 1601-01-01 and 1970-01-01, milliseconds. */
const FILETIME_EPOCH = 11_644_473_600_000n;
const NEVER = 0x7fff_ffff_ffff_ffffn;

/** Epoch milliseconds of a FILETIME (100 ns since 1601); undefined where it stands for never. */
export function fileTimeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value === 0n || value === NEVER ? undefined : Number(value / 10_000n - FILETIME_EPOCH);
}

const HEX = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** The first three groups lie in little-endian order. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** How people write a GUID of 16 octets; undefined for another number of them. */
export function guidOf(octets: Buffer | undefined): string | undefined {
  if (octets?.length !== 16) return undefined;
  const hex = Buffer.from(ORDER.map((at) => octets[at] ?? 0)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Its octets; undefined where it is none. */
export function guidOctets(text: string): Buffer | undefined {
  if (!HEX.test(text)) return undefined;
  const plain = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Buffer.from(ORDER.map((at) => plain[at] ?? 0));
}

/** `S-1-5-21-…` of a security identifier's octets (MS-DTYP section 2.4.2.2); undefined where they are none. */
export function sidOf(octets: Buffer): string | undefined {
  const [revision, count] = octets;
  if (revision !== 1 || count === undefined || octets.length !== 8 + 4 * count) return undefined;
  const subs = Array.from({ length: count }, (_, at) => octets.readUInt32LE(8 + 4 * at));
  return ['S', revision, octets.readUIntBE(2, 6), ...subs].join('-');
}

/** The name of an entry as names are compared: without case, or blanks around its parts. */
const plainName = (dn: string): string => dn.toLowerCase().replace(/\s*([,=])\s*/g, '$1');

/** Whether an entry is another one, or lies below it. */
export function isBelow(dn: string, base: string): boolean {
  const [name, above] = [plainName(dn), plainName(base)];
  return name === above || name.endsWith(`,${above}`);
}

/** The domain that an entry lies in (RFC 2247): its last parts that are `DC=`; the entry itself where there are none. */
export function domainIn(dn: string): string {
  const [, domain = dn] = /((?:^|(?<!\\),)\s*dc\s*=(?:[^,\\]|\\.)+(?:,\s*dc\s*=(?:[^,\\]|\\.)+)*)$/i.exec(dn) ?? [];
  return domain.replace(/^,\s*/, '');
}
