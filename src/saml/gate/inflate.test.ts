import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InflateFault, inflateRaw } from './inflate.ts';

const MOST = 64 * 1024;

/** What zlib makes of it: octets as latin-1, or that it refuses. */
function zlibs(bytes: Uint8Array): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MOST }).toString('latin1');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'refused: large' : 'refused';
  }
}

function ours(bytes: Uint8Array): string {
  try {
    return inflateRaw(bytes, MOST).toString('latin1');
  } catch (error) {
    if (!(error instanceof InflateFault)) throw error;
    return error.large ? 'refused: large' : 'refused';
  }
}

/** Octets that compress, and some that hardly do. */
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.string({ unit: fc.constantFrom(...'<saml:Issuer xmlns="urn">\n'), maxLength: 3000 }).map((it) => Buffer.from(it)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 200 }))
    .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes))),
);
const deflated = fc
  .tuple(
    octets,
    fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FILTERED,
    ),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([bytes, strategy, level]) => deflateRawSync(bytes, { strategy, level }));

describe('DEFLATE', () => {
  it('unfolds to what was deflated, however that was done', () => {
    fc.assert(
      fc.property(deflated, (bytes) => {
        expect(ours(bytes)).toBe(zlibs(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('takes and refuses what zlib takes and refuses, wherever somebody changed it', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(deflated, changes, fc.nat(), (bytes, flips, end) => {
        const changed = Buffer.from(bytes.subarray(0, end % 3 === 0 ? end % (bytes.length + 1) : bytes.length));
        // Nearer to the beginning, where the codes are, more goes wrong.
        for (const [at, bit] of flips) {
          const place = at % Math.max(1, Math.min(changed.length, at % 2 === 0 ? 40 : changed.length));
          if (place < changed.length) changed[place] = (changed[place] ?? 0) ^ (1 << bit);
        }
        expect(ours(changed)).toBe(zlibs(changed));
      }),
      { numRuns: 1000 },
    );
  });

  it('does with any octets what zlib does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(ours(bytes)).toBe(zlibs(bytes));
      }),
      {
        numRuns: 1000,
      },
    );
  });

  it('stops at the bound', () => {
    const [fits, large] = [Buffer.alloc(MOST, 'a'), Buffer.alloc(4 * 1024 * 1024, 'a')];
    expect(inflateRaw(deflateRawSync(fits), MOST).equals(fits)).toBe(true);
    expect(ours(deflateRawSync(Buffer.concat([fits, Buffer.from('a')])))).toBe('refused: large');
    expect(ours(deflateRawSync(large))).toBe('refused: large');
    expect(ours(deflateRawSync(large, { level: 0 }))).toBe('refused: large');
  });

  it('passes over what follows the last block, as zlib does', () => {
    const bytes = Buffer.concat([deflateRawSync(Buffer.from('<a/>')), Buffer.from('more')]);
    expect(ours(bytes)).toBe('<a/>');
    expect(zlibs(bytes)).toBe('<a/>');
  });
});
