import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf } from './content.ts';

const SHOT = readFileSync(fileURLToPath(new URL('../../../docs/images/sign-in.png', import.meta.url)));
const hex = (text: string) => Buffer.concat([Buffer.from(text.replaceAll(' ', ''), 'hex'), Buffer.alloc(40)]);

describe('what a picture is', () => {
  it.each([
    ['a PNG', SHOT.subarray(0, 100), 'image/png', SHOT.readUInt32BE(16), SHOT.readUInt32BE(20)],
    ['a GIF', hex('474946383961 2000 1000'), 'image/gif', 32, 16],
    ['a JPEG', hex('ffd8 ffe0 0004 0000 ffc0 0011 08 0010 0020'), 'image/jpeg', 32, 16],
    ['a lossy WebP', hex('52494646 00000000 57454250 56503820 00000000 000000 9d012a 2000 1000'), 'image/webp', 32, 16],
    ['a lossless WebP', hex('52494646 00000000 57454250 5650384c 00000000 2f 1fc00300'), 'image/webp', 32, 16],
    [
      'an extended WebP',
      hex('52494646 00000000 57454250 56503858 0a000000 00000000 1f0000 0f0000'),
      'image/webp',
      32,
      16,
    ],
  ])('%s', (_name, octets, type, width, height) => {
    expect(contentOf(octets)).toEqual({ type, width, height });
  });

  it.each([
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"></svg>')],
    ['a page', Buffer.from('<!doctype html><html><head><title>Not a picture</title></head></html>')],
    ['nothing', Buffer.alloc(0)],
    ['a GIF of no size', hex('474946383961 0000 1000')],
    ['a GIF of 65,535 pixels', hex('474946383961 ffff ffff')],
    ['a JPEG without a frame', hex('ffd8 ffe0 0004 0000')],
  ])('isn’t %s', (_name, octets) => {
    expect(contentOf(octets)).toBeUndefined();
  });

  it('is never found by reading beyond the end, whatever comes', () => {
    const beginnings = ['89504e470d0a1a0a0000000d49484452', '474946383961', 'ffd8ffe0', '524946460000000057454250'];
    fc.assert(
      fc.property(fc.constantFrom('', ...beginnings), fc.uint8Array({ maxLength: 200 }), (beginning, rest) => {
        const found = contentOf(Buffer.concat([Buffer.from(beginning, 'hex'), rest]));
        expect(found === undefined || (found.width > 0 && found.height <= 2048)).toBe(true);
      }),
    );
  });
});
