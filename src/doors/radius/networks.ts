import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address range; a single address is one of all its bits. */
export interface Range {
  network: Address;
  bits: number;
}

/** An address, or CIDR without bits beyond the prefix; undefined for anything else. */
export function rangeOf(text: string): Range | undefined {
  const [address = '', prefix] = text.split('/', 2);
  if (isIP(address) === 0 || address.includes('%')) return undefined;
  const network = ipaddr.parse(address);
  const whole = network.kind() === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return { network, bits: whole };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > whole) return undefined;
  const range = { network, bits: Number(prefix) };
  const family = network.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.networkAddressFromCIDR(text).toString() === network.toString() ? range : undefined;
}

/** One spelling for each range. */
export const spelled = ({ network, bits }: Range): string => `${network.toNormalizedString()}/${bits}`;

/** Whether an address lies in a range. */
export function holds({ network, bits }: Range, address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}

/** Whether two ranges have an address in common: one then holds the other's first. */
export const meet = (one: Range, other: Range): boolean =>
  holds(one, other.network.toString()) || holds(other, one.network.toString());

/** Lookups that are remembered: a client has few addresses, and strangers don't displace them for long. */
const REMEMBERED = 4_096;

/** Finds whose an address is: of several ranges the narrowest counts. */
export function addressBook<T>(entries: readonly { range: Range; of: T }[]): (address: string) => T | undefined {
  const narrowestFirst = entries.toSorted((a, b) => b.range.bits - a.range.bits);
  const known = new Map<string, T | undefined>();
  return (address) => {
    if (known.has(address)) return known.get(address);
    const found = narrowestFirst.find(({ range }) => holds(range, address))?.of;
    if (known.size >= REMEMBERED) known.clear();
    known.set(address, found);
    return found;
  };
}
