import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetKey, networkLookup, networksOf } from './networks.ts';

const TABLE = [
  { name: 'campus', ranges: ['10.20.0.0/16', '2001:db8:20::/48'] },
  { name: 'ward', ranges: ['10.20.7.0/24', '192.0.2.9'] },
  { name: 'broken', ranges: ['10.20.0.0/33', '10.20/16', 'campus', '', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/'] },
];

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const ipv4 = octets.map((parts) => parts.join('.'));

/** The first bits of an IPv4 address, computed without the library. */
function prefixOf(ip: string, bits: number): string {
  const all = ip.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return all.join('').slice(0, bits);
}

describe('networks of an address', () => {
  it.each([
    ['10.20.1.1', ['campus']],
    ['10.20.7.1', ['campus', 'ward']],
    ['192.0.2.9', ['ward']],
    ['192.0.2.10', []],
    ['2001:db8:20:1::5', ['campus']],
    ['2001:DB8:0020:1::5', ['campus']],
    ['2001:db8:21::5', []],
    ['::ffff:10.20.7.1', ['campus', 'ward']],
    ['::ffff:0a14:0701', ['campus', 'ward']],
    ['::10.20.7.1', []],
    // Not addresses, or not everywhere the same address.
    ['', []],
    ['unknown', []],
    ['10.20.7', []],
    ['10.20.7.1:443', []],
    ['10.20.7.256', []],
    ['010.20.7.1', []],
    ['0x0a140701', []],
    ['169084673', []],
    ['[2001:db8:20:1::5]', []],
    ['10.20.7.1, 10.20.7.2', []],
  ])('%s: %j', (ip, names) => {
    expect(networksOf(ip, TABLE)).toEqual(names);
  });

  it('contains exactly the addresses that share the prefix, mapped ones too', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.nat(32), (base, ip, bits) => {
        const lookup = networkLookup([{ name: 'n', ranges: [`${base}/${bits}`] }]);
        const expected = prefixOf(base, bits) === prefixOf(ip, bits) ? ['n'] : [];
        expect(lookup(ip)).toEqual(expected);
        expect(lookup(`::ffff:${ip}`)).toEqual(expected);
        expect(lookup(base)).toEqual(['n']);
      }),
    );
  });

  it('keeps the families apart', () => {
    expect(networksOf('10.0.0.1', [{ name: 'all6', ranges: ['::/0'] }])).toEqual([]);
    expect(networksOf('2001:db8::1', [{ name: 'all4', ranges: ['0.0.0.0/0'] }])).toEqual([]);
  });

  it('answers with no network for whatever else comes', () => {
    const all = [{ name: 'all', ranges: ['0.0.0.0/0', '::/0'] }];
    const junk = fc.string().filter((text) => !/^[\da-f.:%]+$/i.test(text));
    fc.assert(fc.property(junk, (text) => networksOf(text, all).length === 0));
  });
});

describe('budget key', () => {
  it.each([
    ['192.0.2.9', '192.0.2.9'],
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['2001:db8:20:1:aaaa:bbbb:cccc:dddd', '2001:db8:20:1::/64'],
    ['2001:db8:20:1::', '2001:db8:20:1::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['nonsense', 'unknown'],
    ['', 'unknown'],
  ])('%s: %s', (ip, key) => {
    expect(budgetKey(ip)).toBe(key);
  });

  it('is one for all of a /64, and another for its neighbour', () => {
    const part = fc.nat(0xffff).map((value) => value.toString(16));
    const host = fc.tuple(part, part, part, part).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(fc.nat(0xfffe), host, host, (subnet, one, other) => {
        const at = (net: number, rest: string) => budgetKey(`2001:db8:1:${net.toString(16)}:${rest}`);
        expect(at(subnet, one)).toBe(at(subnet, other));
        expect(at(subnet, one)).not.toBe(at(subnet + 1, one));
      }),
    );
  });
});
