import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../../../test/support/properties.ts';
import {
  answers,
  computedRequest,
  hidePassword,
  integrityOf,
  isComputed,
  randomRequest,
  reply,
  revealPassword,
} from './authenticity.ts';
import { CODE, TYPE } from './numbers.ts';
import { type Attribute, decode, encode, type Packet, text, valueIn, vendorSpecific, vendorValueIn } from './packet.ts';

const SECRET = 'xyzzy5461';
const hex = (octets: string): Buffer => Buffer.from(octets.replaceAll(/\s/g, ''), 'hex');

/** RFC 2865 section 7.1. */
const REQUEST = hex(`01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d
  93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`);
const ACCEPT = hex(`02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00
  0e 06 c0 a8 01 03`);

function packet(octets: Buffer): Packet {
  const decoded = decode(octets);
  if (typeof decoded === 'string') throw new Error(decoded);
  return decoded;
}

const octets = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes));
const attribute = fc.record({ type: fc.integer({ min: 1, max: 255 }), value: octets(0, 253) });
const plain = attribute.filter(({ type }) => type !== TYPE.messageAuthenticator);
const attributes = fc.array(plain, { maxLength: 12 });
const secret = fc.string({ minLength: 1, maxLength: 40 });
const head = fc.record({ identifier: fc.integer({ min: 0, max: 255 }), authenticator: octets(16, 16) });

describe('the examples of RFC 2865 section 7.1', () => {
  it('are read to their last octet', () => {
    const { code, identifier, attributes: read, authenticator } = packet(REQUEST);
    expect([code, identifier, read.map(({ type }) => type)]).toEqual([CODE.accessRequest, 0, [1, 2, 4, 5]]);
    expect(valueIn({ attributes: read }, TYPE.userName)?.toString()).toBe('nemo');
    const hidden = valueIn({ attributes: read }, TYPE.userPassword) ?? Buffer.of();
    expect(revealPassword(hidden, authenticator, SECRET)?.toString()).toBe('arctangent');
    expect(hidePassword(Buffer.from('arctangent'), authenticator, SECRET)).toEqual(hidden);
  });

  it('show that the reply answers the request, and no other one', () => {
    const [request, accept] = [packet(REQUEST), packet(ACCEPT)];
    expect(answers(accept, request, SECRET)).toBe(true);
    expect(answers(accept, request, 'another')).toBe(false);
    expect(answers(accept, { ...request, identifier: 1 }, SECRET)).toBe(false);
    expect(answers(accept, { ...request, authenticator: Buffer.alloc(16) }, SECRET)).toBe(false);
  });
});

describe('a packet', () => {
  it.each([
    ['19 octets', REQUEST.subarray(0, 19), 'too-short'],
    ['fewer octets than its length', REQUEST.subarray(0, REQUEST.length - 1), 'length'],
    ['a length below the header’s', hex(`01 00 00 13 ${'00'.repeat(16)}`), 'length'],
    ['more than 4096 octets', Buffer.concat([hex('01 00 10 01'), Buffer.alloc(4_093)]), 'too-long'],
    ['an attribute of length 0', hex(`01 00 00 16 ${'00'.repeat(16)} 01 00`), 'attributes'],
    ['an attribute of length 1', hex(`01 00 00 16 ${'00'.repeat(16)} 01 01`), 'attributes'],
    ['half an attribute', hex(`01 00 00 15 ${'00'.repeat(16)} 01`), 'attributes'],
    ['an attribute that runs over', hex(`01 00 00 17 ${'00'.repeat(16)} 01 04 61`), 'attributes'],
  ])('of %s is none', (_, malformed, fault) => {
    expect(decode(malformed)).toBe(fault);
  });

  it('ends with its length: what comes behind is padding', () => {
    const padded = packet(Buffer.concat([REQUEST, Buffer.alloc(300, 7)]));
    expect(padded.octets).toEqual(REQUEST);
    expect(padded.attributes).toHaveLength(4);
  });

  it('may have no attribute, and one of 4096 octets is read', () => {
    expect(packet(hex(`0c 01 00 14 ${'00'.repeat(16)}`)).attributes).toEqual([]);
    const full = Array.from({ length: 16 }, () => ({ type: 18, value: Buffer.alloc(253) }));
    const longest = encode({ code: 1, identifier: 0 }, [...full.slice(0, 15), { type: 18, value: Buffer.alloc(249) }]);
    expect(longest).toHaveLength(20 + 15 * 255 + 251);
    expect(packet(longest).attributes).toHaveLength(16);
    expect(() => encode({ code: 1, identifier: 0 }, [...full, ...full])).toThrow(RangeError);
    expect(() => encode({ code: 1, identifier: 0 }, [{ type: 1, value: Buffer.alloc(254) }])).toThrow(RangeError);
  });

  it('of every length that it can claim is read to there, or not at all', () => {
    const received = Buffer.alloc(5_000);
    // Attributes as long as they can be, and what is left: two octets at least.
    const fill = (length: number) => {
      for (let at = 20; at < length - 1; ) {
        const left = length - at;
        const size = left <= 255 ? left : Math.min(255, left - 2);
        received.writeUInt8(18, at);
        received.writeUInt8(size, at + 1);
        at += size;
      }
    };
    for (let length = 0; length <= received.length; length += 1) {
      received.fill(0);
      received.writeUInt16BE(length, 2);
      fill(length);
      const read = decode(received);
      const expected = length < 20 ? 'length' : length > 4_096 ? 'too-long' : length === 21 ? 'attributes' : length;
      expect(typeof read === 'string' ? read : read.octets.length).toBe(expected);
      if (length > 20) expect(decode(received.subarray(0, length - 1))).toBe('length');
    }
  });

  it('comes back as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(head, attributes, (it, written) => {
        const read = packet(encode({ code: CODE.accessRequest, ...it }, written));
        expect(read.attributes).toEqual(written);
        expect(read.authenticator).toEqual(it.authenticator);
      }),
    );
  });

  it('or anything else is read without a throw, and no further than it goes', () => {
    fc.assert(
      fc.property(octets(0, 600), (any) => {
        const read = decode(any);
        if (typeof read !== 'string') expect(read.octets.length).toBeLessThanOrEqual(any.length);
      }),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(fc.nat(REQUEST.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(REQUEST);
        changed.writeUInt8(value, at);
        const read = decode(changed);
        const total = (it: readonly Attribute[]) => it.reduce((sum, one) => sum + one.value.length + 2, 20);
        if (typeof read !== 'string') expect(total(read.attributes)).toBe(read.octets.length);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a password', () => {
  it('of 1 to 128 octets comes back, without NULs at its end', () => {
    fc.assert(
      fc.property(octets(1, 128), octets(16, 16), secret, (password, authenticator, shared) => {
        const hidden = hidePassword(password, authenticator, shared);
        expect(hidden.length % 16).toBe(0);
        const end = password.findLastIndex((octet) => octet !== 0) + 1;
        expect(revealPassword(hidden, authenticator, shared)).toEqual(password.subarray(0, end));
      }),
    );
  });

  it('has a multiple of 16 octets, from 16 to 128', () => {
    for (let length = 0; length <= 160; length += 1) {
      const revealed = revealPassword(Buffer.alloc(length), Buffer.alloc(16), SECRET);
      expect(revealed !== undefined, String(length)).toBe(length >= 16 && length <= 128 && length % 16 === 0);
    }
    expect(hidePassword(Buffer.of(), Buffer.alloc(16), SECRET)).toHaveLength(16);
  });
});

describe('Message-Authenticator', () => {
  const authenticator = Buffer.alloc(16, 9);
  const name = text(TYPE.userName, 'nemo');

  it('is the HMAC over the packet with zeros in its place, wherever it stands', () => {
    const zeros = { type: TYPE.messageAuthenticator, value: Buffer.alloc(16) };
    for (const order of [
      [zeros, name],
      [name, zeros],
      [name, zeros, name],
    ]) {
      const written = encode({ code: CODE.accessRequest, identifier: 3, authenticator }, order);
      const at = written.indexOf(Buffer.of(80, 18)) + 2;
      createHmac('md5', SECRET).update(written).digest().copy(written, at);
      expect(integrityOf(packet(written), SECRET)).toBe('right');
      expect(integrityOf(packet(written), 'another')).toBe('wrong');
    }
  });

  it('is wrong where an octet of the packet is another one, and where its own is', () => {
    const right = randomRequest(CODE.accessRequest, { identifier: 3, authenticator }, [name], SECRET);
    for (let at = 0; at < right.length; at += 1) {
      const changed = Buffer.from(right);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x41, at);
      const read = decode(changed);
      expect(typeof read === 'string' || integrityOf(read, SECRET) !== 'right', String(at)).toBe(true);
    }
  });

  it.each([0, 1, 15, 17, 32])('of %i octets is wrong, and never absent', (length) => {
    const value = Buffer.alloc(length);
    const written = encode({ code: 1, identifier: 0 }, [{ type: TYPE.messageAuthenticator, value }, name]);
    expect(integrityOf(packet(written), SECRET)).toBe('wrong');
  });

  it('is wrong where there are two, though one is right', () => {
    const right = randomRequest(CODE.accessRequest, { identifier: 3, authenticator }, [name], SECRET);
    const [first, ...rest] = packet(right).attributes;
    if (first === undefined) throw new Error('it has none');
    const twice = encode({ code: 1, identifier: 3, authenticator }, [first, ...rest, first]);
    expect(integrityOf(packet(twice), SECRET)).toBe('wrong');
    expect(integrityOf(packet(encode({ code: 1, identifier: 3 }, [name])), SECRET)).toBe('absent');
  });

  it('comes first in every Accept, Reject and Challenge, and is right by the request’s authenticator', () => {
    fc.assert(
      fc.property(head, attributes, secret, fc.constantFrom(2, 3, 11, 41), (it, more, shared, code) => {
        const written = reply(code, it, more, shared);
        expect(written.subarray(20, 22)).toEqual(Buffer.of(80, 18));
        const read = packet(written);
        expect(integrityOf(read, shared, it.authenticator)).toBe('right');
        expect(answers(read, it, shared)).toBe(true);
        expect(read.attributes.slice(1)).toEqual(more);
      }),
    );
  });
});

describe('a request whose authenticator is computed', () => {
  it('is right by its secret alone, with a Message-Authenticator over zeros', () => {
    const name = text(TYPE.userName, 'nemo');
    const read = packet(computedRequest(CODE.disconnectRequest, 5, [name], SECRET));
    expect(isComputed(read, SECRET)).toBe(true);
    expect(isComputed(read, 'another')).toBe(false);
    expect(integrityOf(read, SECRET)).toBe('right');
  });

  it('is one whose octets all count', () => {
    const right = computedRequest(CODE.accountingRequest, 5, [text(TYPE.userName, 'nemo')], SECRET);
    for (let at = 0; at < right.length; at += 1) {
      const changed = Buffer.from(right);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x41, at);
      const read = decode(changed);
      expect(typeof read === 'string' || !isComputed(read, SECRET), String(at)).toBe(true);
    }
  });
});

describe('a vendor’s own attribute', () => {
  it('is found by vendor and type, behind others of the same vendor', () => {
    const one = vendorSpecific(25_461, 7, Buffer.from('203.0.113.9'));
    const joined = {
      type: 26,
      value: Buffer.concat([one.value.subarray(0, 4), hex('01 03 41'), one.value.subarray(4)]),
    };
    for (const written of [one, joined]) {
      const read = packet(encode({ code: 1, identifier: 0 }, [vendorSpecific(9, 7, Buffer.from('no')), written]));
      expect(vendorValueIn(read, 25_461, 7)?.toString()).toBe('203.0.113.9');
      expect(vendorValueIn(read, 25_461, 6)).toBeUndefined();
    }
  });

  it('that is malformed is passed over', () => {
    fc.assert(
      fc.property(octets(0, 40), (value) => {
        vendorValueIn({ attributes: [{ type: TYPE.vendorSpecific, value }] }, 25_461, 7);
      }),
    );
  });
});
