import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TYPE } from './codec/numbers.ts';
import { type Packet, valueIn } from './codec/packet.ts';
import { holds, rangeOf } from './networks.ts';

/** What a subscriber's own network of IPv6 has at least, bits. */
const NETWORK = 64;

/**
 * One spelling for an address behind a client, an IPv4-mapped one as IPv4; undefined for what is none. With a zone it is
 * another network's.
 */
function spelled(address: string): string | undefined {
  if (isIP(address) === 0 || address.includes('%')) return undefined;
  return ipaddr.process(address).toNormalizedString();
}

const networkOf = (octets: readonly number[]): string => {
  const whole = [...octets.slice(0, NETWORK / 8), ...new Array<number>(16 - NETWORK / 8).fill(0)];
  return `${ipaddr.fromByteArray(whole).toNormalizedString()}/${NETWORK}`;
};

/** How whoever comes from this address may be entered: by the address, or by its network where that is given to one. */
export function namesOf(address: string): string[] {
  const name = spelled(address);
  if (name === undefined) return [];
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? [name] : [name, networkOf(parsed.toByteArray())];
}

/**
 * What a session has behind its client: Framed-IP-Address (RFC 2865 section 5.8), Framed-IPv6-Address (RFC 6911 section
 * 3.1), and Framed-IPv6-Prefix (RFC 3162 section 2.3) of one address or one network.
 */
export function framedIn(packet: Packet): string[] {
  const four = valueIn(packet, TYPE.framedIpAddress);
  const six = valueIn(packet, TYPE.framedIpv6Address);
  const [, length = 0, ...prefix] = valueIn(packet, TYPE.framedIpv6Prefix) ?? [];
  const octets = [...prefix, ...new Array<number>(16).fill(0)].slice(0, 16);
  return [
    ...(four?.length === 4 ? [[...four].join('.')] : []),
    ...(six?.length === 16 ? [ipaddr.fromByteArray([...six]).toNormalizedString()] : []),
    ...(length === 128 && prefix.length === 16 ? [ipaddr.fromByteArray(octets).toNormalizedString()] : []),
    ...(length === NETWORK && prefix.length >= NETWORK / 8 ? [networkOf(octets)] : []),
  ];
}

/** Whether what a session has is of a client's pool, all of it where it is a network. */
export function isIn(pool: readonly string[], framed: string): boolean {
  const [address = '', bits] = framed.split('/');
  return pool.some((text) => {
    const range = rangeOf(text);
    return range !== undefined && holds(range, address) && (bits === undefined || range.bits <= Number(bits));
  });
}
