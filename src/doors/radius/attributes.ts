import { TYPE } from './codec/numbers.ts';
import { type Attribute, LONGEST_VALUE, text, vendorSpecific } from './codec/packet.ts';

/** How the value of each attribute is written that tells a client somebody's group: by the vendors' dictionaries. */
const WRITTEN = {
  Class: (value) => text(TYPE.class, value),
  'Filter-Id': (value) => text(TYPE.filterId, value),
  'ASA-Group-Policy': vendors(3076, 25),
  'Fortinet-Group-Name': vendors(12_356, 1),
  'PaloAlto-User-Group': vendors(25_461, 5),
  'SonicWall-User-Group': vendors(8_741, 3),
  'Juniper-Local-Group-Name': vendors(2_636, 46),
  'Aruba-User-Role': vendors(14_823, 1),
  'Citrix-User-Groups': vendors(66, 16),
} as const satisfies Readonly<Record<string, (value: string) => Attribute>>;

export type AttributeName = keyof typeof WRITTEN;
export const ATTRIBUTE_NAMES = Object.keys(WRITTEN) as [AttributeName, ...AttributeName[]];

function vendors(vendor: number, type: number) {
  return (value: string): Attribute => vendorSpecific(vendor, type, Buffer.from(value, 'utf8'));
}

/** Octets that a value may have: a vendor's own attribute has a head of its own. */
export const longestValue = (name: AttributeName): number =>
  name === 'Class' || name === 'Filter-Id' ? LONGEST_VALUE : LONGEST_VALUE - 6;

/** A row of an application's table. */
export interface Row {
  name: AttributeName;
  /** Sent to whoever is in none of `groups`, too. */
  value?: string | undefined;
  /** By group, in order. */
  groups: Readonly<Record<string, string>>;
  several: 'first' | 'each' | 'joined';
  prefix: string;
}

/** What an Access-Accept says of somebody with these groups. */
export function attributesFor(rows: readonly Row[], groups: readonly string[] | undefined): Attribute[] {
  const own = new Set(groups);
  return rows.flatMap(({ name, value, groups: table, several, prefix }) => {
    const values = Object.entries(table).flatMap(([group, it]) => (own.has(group) ? [it] : []));
    if (values.length === 0 && value !== undefined) values.push(value);
    const write = (it: string): Attribute => WRITTEN[name](`${prefix}${it}`);
    if (values.length === 0) return [];
    if (several === 'joined') return [write(values.join(';'))];
    return (several === 'first' ? values.slice(0, 1) : values).map(write);
  });
}
