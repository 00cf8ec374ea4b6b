/** What a picture is by its own octets; whoever serves it may call it anything. */
export interface PictureContent {
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  /** Pixels. */
  width: number;
  height: number;
}

type Reader = (octets: Buffer) => Omit<PictureContent, 'type'> | undefined;

const ascii = (octets: Buffer, from: number, to: number) => octets.toString('latin1', from, to);

/** PNG (ISO/IEC 15948) section 11.2.2: the first chunk is IHDR. */
const png: Reader = (octets) =>
  ascii(octets, 0, 8) === '\x89PNG\r\n\x1a\n' && ascii(octets, 12, 16) === 'IHDR'
    ? { width: octets.readUInt32BE(16), height: octets.readUInt32BE(20) }
    : undefined;

/** GIF89a section 18. */
const gif: Reader = (octets) =>
  /^GIF8[79]a$/.test(ascii(octets, 0, 6))
    ? { width: octets.readUInt16LE(6), height: octets.readUInt16LE(8) }
    : undefined;

/** Markers that begin a frame (ITU-T T.81, table B.1): SOF0 to SOF15 but DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

const jpeg: Reader = (octets) => {
  if (octets.readUIntBE(0, 3) !== 0xffd8ff) return undefined;
  for (let at = 2; at + 9 <= octets.length && octets[at] === 0xff; ) {
    const marker = octets.readUInt8(at + 1);
    if (isFrame(marker)) return { height: octets.readUInt16BE(at + 5), width: octets.readUInt16BE(at + 7) };
    at += 2 + octets.readUInt16BE(at + 2);
  }
  return undefined;
};

/** RFC 9649: lossy, lossless and extended. */
const webp: Reader = (octets) => {
  if (ascii(octets, 0, 4) !== 'RIFF' || ascii(octets, 8, 12) !== 'WEBP') return undefined;
  switch (ascii(octets, 12, 16)) {
    case 'VP8 ':
      return { width: octets.readUInt16LE(26) & 0x3fff, height: octets.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = octets.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: octets.readUIntLE(24, 3) + 1, height: octets.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
};

const READERS = { 'image/png': png, 'image/jpeg': jpeg, 'image/gif': gif, 'image/webp': webp } as const;

/** Octets before which none of these says how large it is. */
const LEAST = 30;
/** Pixels on a side: a few octets can claim gigabytes of them. */
const MOST_PIXELS = 2048;

/** Undefined for whatever isn't a raster picture of an ordinary size: an SVG can hold a script. */
export function contentOf(octets: Buffer): PictureContent | undefined {
  if (octets.length < LEAST) return undefined;
  for (const [type, read] of Object.entries(READERS)) {
    const size = read(octets);
    if (size === undefined) continue;
    const fits = [size.width, size.height].every((side) => side > 0 && side <= MOST_PIXELS);
    return fits ? { type: type as PictureContent['type'], ...size } : undefined;
  }
  return undefined;
}
