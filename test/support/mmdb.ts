/** Values that MaxMind DB files hold, as far as the tests need them. */
type Value = string | number | bigint | readonly Value[] | { readonly [key: string]: Value };

type Branch = [Branch | number | undefined, Branch | number | undefined];

const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);

/** A small GeoIP database (MaxMind DB 2.0, IPv4, records of 24 bits): what each network, in CIDR, is said to be. */
export function mmdbOf(networks: Readonly<Record<string, Value>>, type = 'Test-City'): Buffer {
  const root: Branch = [undefined, undefined];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [cidr, value] of Object.entries(networks)) {
    const [address = '', prefix = '32'] = cidr.split('/');
    put(root, bitsOf(address).slice(0, Number(prefix)), offset);
    const bytes = encode(value);
    data.push(bytes);
    offset += bytes.length;
  }
  const branches = all(root);
  const count = branches.length;
  const record = (it: Branch | number | undefined): number => {
    if (it === undefined) return count;
    return typeof it === 'number' ? count + 16 + it : branches.indexOf(it);
  };
  const tree = branches.map(([left, right]) => {
    const node = Buffer.alloc(6);
    node.writeUIntBE(record(left), 0, 3);
    node.writeUIntBE(record(right), 3, 3);
    return node;
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_800_000_000n,
    database_type: type,
    description: { en: 'a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: count,
    record_size: 24,
  });
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, MARKER, metadata]);
}

function bitsOf(address: string): number[] {
  return address.split('.').flatMap((part) => [...Number(part).toString(2).padStart(8, '0')].map(Number));
}

function put(branch: Branch, [bit = 0, ...rest]: readonly number[], offset: number): void {
  if (rest.length === 0) {
    branch[bit] = offset;
    return;
  }
  const next = branch[bit];
  const below: Branch = Array.isArray(next) ? next : [undefined, undefined];
  branch[bit] = below;
  put(below, rest, offset);
}

function all(branch: Branch): Branch[] {
  return [branch, ...branch.flatMap((it) => (Array.isArray(it) ? all(it) : []))];
}

/** Types above 7 stand in a byte of their own after a 0. */
function head(type: number, size: number): Buffer {
  if (size > 28 + 255) throw new Error('too long for a test');
  const [inline, more] = size < 29 ? [size, []] : [29, [size - 29]];
  return Buffer.from(type > 7 ? [inline, type - 7, ...more] : [(type << 5) | inline, ...more]);
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([head(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([head(6, 4), bytes]);
  }
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return Buffer.concat([head(9, 8), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return Buffer.concat([head(7, entries.length), ...entries.flatMap(([key, it]) => [encode(key), encode(it)])]);
}
