import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../core/duration.ts';
import { duration, isLoopback, issuer, moment, range } from './fields.ts';

describe('durations', () => {
  const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

  it('are a whole number and a unit', () => {
    fc.assert(
      fc.property(
        fc.nat(999_999_999),
        fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[])),
        (amount, unit) => {
          expect(parseDuration(`${amount}${unit}`)).toBe(amount * UNITS[unit]);
        },
      ),
    );
  });

  it('are nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!/^\d{1,9}(ms|s|m|h|d)$/.test(text)) expect(duration('0s', '365d').safeParse(text).success).toBe(false);
      }),
    );
    for (const text of ['8', '8 h', '1h30m', '-1h', '1.5h', '1H', '8h\n', 28_800]) {
      expect(duration('0s', '365d').safeParse(text).success).toBe(false);
    }
  });

  it('stay within their bounds', () => {
    const field = duration('1m', '1h');
    expect(['59s', '60s', '60m', '61m'].map((text) => field.safeParse(text).success)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('dates', () => {
  it('are midnight UTC, or a time with its zone', () => {
    expect(moment.parse('2027-02-01')).toBe(Date.UTC(2027, 1, 1));
    expect(moment.parse('2027-02-01T08:00:00+08:00')).toBe(Date.UTC(2027, 1, 1));
    for (const text of ['2027-02-30', '1 February 2027', '2027-02-01T08:00:00', '2027']) {
      expect(moment.safeParse(text).success).toBe(false);
    }
  });
});

describe('ranges', () => {
  it('accept every address, with every prefix that leaves no bits over', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.constant('2001:db8::1')), (ip) => range.safeParse(ip).success));
    for (const text of ['0.0.0.0/0', '10.0.0.0/8', '192.0.2.7/32', '::/0', '2001:db8::/32', '::1']) {
      expect(range.safeParse(text).success).toBe(true);
    }
  });

  it('refuse what other software reads otherwise', () => {
    for (const text of [
      '10.0.0.1/8',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      '127.1',
      '010.0.0.1',
      '0x7f000001',
      '::ffff:10.0.0.1',
      'fe80::1%eth0',
      '2001:db8::1/32',
      '',
    ]) {
      expect(range.safeParse(text).success, text).toBe(false);
    }
  });
});

describe('the issuer', () => {
  it('is https, or http on this machine', () => {
    for (const text of [
      'https://login.example.org',
      'https://login.example.org:8443',
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:3000',
    ]) {
      expect(issuer.safeParse(text).success, text).toBe(true);
    }
    for (const text of [
      'http://login.example.org',
      'http://localhost.example.org',
      'https://login.example.org/',
      'https://login.example.org/oidc',
      'https://login.example.org?x',
      'HTTPS://login.example.org',
      'ftp://localhost',
      'localhost:3000',
    ]) {
      expect(issuer.safeParse(text).success, text).toBe(false);
    }
  });
});

it('loopback is a name or an address that leads nowhere else', () => {
  expect(['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example', ''].some(isLoopback)).toBe(false);
});
