import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { createMemo } from '../core/memo.ts';

/** A named set of address ranges: CIDR, or single addresses. */
export interface Network {
  name: string;
  ranges: readonly string[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

/**
 * The address, an IPv4-mapped one as IPv4. `isIP` first, because ipaddr.js also reads `127.1`,
 * `0x7f000001` and octal parts, which other software reads as other addresses.
 */
function addressOf(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  // ipaddr.js takes the deprecated `::10.0.0.1` (RFC 4291 section 2.5.5.1) for 10.0.0.1, whose networks it isn't in.
  return ipaddr.process(text.replace(/^::(?=\d+\.)/, '0:0:0:0:0:0:'));
}

function rangeOf(text: string): Range | undefined {
  const [base = '', prefix, ...rest] = text.split('/');
  const address = addressOf(base);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return [address, width];
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= width ? [address, Number(prefix)] : undefined;
}

/**
 * Reads the ranges once and answers as `networksOf` does, for a caller that asks at each request.
 * A range that can't be read contains nothing; the check of the configuration refuses it.
 */
export function networkLookup(table: readonly Network[]): (ip: string) => readonly string[] {
  const parsed = table.map(({ name, ranges }) => ({
    name,
    ranges: ranges.map(rangeOf).filter((range) => range !== undefined),
  }));
  const found = createMemo<string, readonly string[]>(MOST);
  const find = (ip: string): string[] => {
    const address = addressOf(ip);
    if (address === undefined) return [];
    return parsed.filter(({ ranges }) => ranges.some((range) => contains(range, address))).map(({ name }) => name);
  };
  return (ip) => found(ip, find);
}

/** Addresses that come again within a while. */
const MOST = 2000;

function contains([base, bits]: Range, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

/**
 * Names of the networks that contain the address, in the table's order. What isn't an address belongs
 * to no network: `networks` then doesn't match, and `notNetworks` does, so write what loosens a
 * requirement with `networks` and what tightens it with `notNetworks`.
 */
export function networksOf(ip: string, table: readonly Network[]): readonly string[] {
  return networkLookup(table)(ip);
}

/**
 * Under which key attempts from an address are counted: an IPv4 address itself, an IPv6 address by
 * its /64, since one subscriber has all of it to choose from. What isn't an address shares one key.
 */
export function budgetKey(ip: string): string {
  const address = addressOf(ip);
  if (address === undefined) return 'unknown';
  if (address.kind() === 'ipv4') return address.toString();
  const prefix = [...address.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0];
  return `${ipaddr.fromByteArray(prefix).toString()}/64`;
}
