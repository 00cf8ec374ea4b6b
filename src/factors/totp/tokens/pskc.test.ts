import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../otp.ts';
import { TokenFault } from './fault.ts';
import { keyFrom } from './import.ts';
import { readPskc } from './pskc.ts';
import type { Row } from './row.ts';
import {
  container,
  derivedKey,
  FIGURE_6,
  FIGURE_7,
  macMethod,
  type Package,
  PLAIN,
  PRE_SHARED,
  packageOf,
  sealedSecret,
} from './testing/pskc.ts';
import { SECRET } from './testing/tokens.ts';

async function rows(xml: string, secrets: Parameters<typeof readPskc>[1] = {}): Promise<Row[]> {
  return (await readPskc(xml, secrets)).rows;
}

async function only(about: Package, before?: string): Promise<Row> {
  const [row, ...others] = await rows(container(packageOf(about), before));
  if (row === undefined || others.length > 0) throw new Error('not one row');
  return row;
}

const reasonOf = (row: Row | undefined) => (row && 'reason' in row ? row.reason : undefined);
const TOTP = 'urn:ietf:params:xml:ns:keyprov:pskc:totp';

describe('the figures of RFC 6030', () => {
  it('2: a key alone, with the key’s id in the place of a serial number', async () => {
    const row = await only({ serial: '', parameters: '', data: PLAIN });
    expect(row).toMatchObject({ token: { serial: '12345678', type: 'hotp', digits: 6, secret: SECRET, next: 0 } });
  });

  it('3: with device, format and counter', async () => {
    const row = await only({});
    expect(row).toMatchObject({ token: { serial: '987654321', maker: 'Manufacturer', digits: 8, next: 0 } });
    if (!('token' in row)) throw new Error('refused');
    expect(codeOf(row.token, 0).slice(2)).toBe('755224');
  });

  it('4: a key profile and a key that are elsewhere are refused', async () => {
    const key = packageOf().replace('<Data>', '<KeyProfileId>keyProfile1</KeyProfileId><Data>');
    expect(reasonOf((await rows(container(key)))[0])).toContain('key profile');
    expect(reasonOf(await only({ data: '<Counter><PlainValue>0</PlainValue></Counter>' }))).toContain('no secret');
  });

  it('5: a policy is kept, or the key refused', async () => {
    const times = '<StartDate>2006-05-01T00:00:00Z</StartDate><ExpiryDate>2026-05-31T00:00:00Z</ExpiryDate>';
    const local = '<PINPolicy MinLength="4" PINKeyId="1" PINEncoding="DECIMAL" PINUsageMode="Local"/>';
    const usage = '<KeyUsage>OTP</KeyUsage>';
    expect(await only({ policy: `${times}${local}${usage}` })).toMatchObject({
      token: { starts: Date.UTC(2006, 4, 1), expires: Date.UTC(2026, 4, 31) },
    });
    const refused = [
      ['<PINPolicy PINUsageMode="Append"/>', 'PIN'],
      ['<KeyUsage>Encrypt</KeyUsage>', 'one-time passwords'],
      ['<NumberOfTransactions>5</NumberOfTransactions>', 'isn’t understood'],
      ['<x:Own xmlns:x="urn:x">1</x:Own>', 'isn’t understood'],
      ['<ExpiryDate>some day</ExpiryDate>', 'isn’t a time'],
    ] as const;
    for (const [policy, reason] of refused) expect(reasonOf(await only({ policy }))).toContain(reason);
  });

  const six = (value = FIGURE_6.value, valueMac = FIGURE_6.valueMac) =>
    container(
      packageOf({ data: `${sealedSecret(value, valueMac)}<Counter><PlainValue>0</PlainValue></Counter>` }),
      `${PRE_SHARED}${macMethod(FIGURE_6.mac)}`,
    );

  it('6: encrypted with a pre-shared key, whose MAC is checked', async () => {
    const key = keyFrom(FIGURE_6.key);
    expect(await rows(six(), { key })).toMatchObject([{ token: { serial: '987654321', secret: SECRET, digits: 8 } }]);
    const altered = `${FIGURE_6.value.slice(0, -4)}UqGw`;
    expect(reasonOf((await rows(six(altered), { key }))[0])).toContain('MAC doesn’t match');
    expect(reasonOf((await rows(six(FIGURE_6.value, FIGURE_7.valueMac), { key }))[0])).toContain('MAC doesn’t match');
    expect(reasonOf((await rows(six(FIGURE_6.value, ''), { key }))[0])).toContain('ValueMAC');
    await expect(rows(six())).rejects.toThrow('--key-file');
    await expect(rows(six(), { key: keyFrom('00'.repeat(24)) })).rejects.toThrow('must have 16 bytes');
  });

  const seven = (derived = derivedKey()) =>
    container(
      packageOf({ data: sealedSecret(FIGURE_7.value, FIGURE_7.valueMac) }),
      `${derived}${macMethod(FIGURE_7.mac)}`,
    );

  it('7: encrypted with a passphrase', async () => {
    const { passphrase } = FIGURE_7;
    expect(await rows(seven(), { passphrase })).toMatchObject([{ token: { secret: SECRET } }]);
    await expect(rows(seven())).rejects.toThrow('--passphrase-file');
    // A wrong one is seen at the padding of the MAC's key, or at the MAC.
    const wrong = await rows(seven(), { passphrase: 'querty' }).then(
      ([row]) => reasonOf(row),
      (error: TokenFault) => error.message,
    );
    expect(wrong).toContain('wrong');
  });

  it.each([
    ['2000001', '16', '<PRF/>'],
    ['0', '16', '<PRF/>'],
    ['1e9', '16', '<PRF/>'],
    ['1000', '1000000000', '<PRF/>'],
    ['1000', '16', '<PRF Algorithm="urn:x:hmac-md5"/>'],
  ])('but not with %s iterations for %s bytes, %s', async (iterations, length, prf) => {
    await expect(rows(seven(derivedKey(iterations, length, prf)), { passphrase: 'qwerty' })).rejects.toThrow(
      TokenFault,
    );
  });

  it('8: encrypted to a certificate is refused', async () => {
    const x509 =
      '<EncryptionKey><ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data></EncryptionKey>';
    await expect(rows(container(packageOf(), x509))).rejects.toThrow('isn’t supported');
  });

  it('9: a signature is said not to be checked', async () => {
    const signed = container(packageOf()).replace('</KeyContainer>', '<Signature>…</Signature></KeyContainer>');
    expect(await readPskc(signed, {})).toMatchObject({ rows: [{ token: {} }], notes: [/not checked/] });
  });

  it('10: several at once', async () => {
    const all = ['654321', '123456', '9999999', '9999999'].map((serial, at) => packageOf({ serial, key: `${at + 1}` }));
    const serials = (await rows(container(all.join('')))).map((row) => ('token' in row ? row.token.serial : undefined));
    expect(serials).toEqual(['654321', '123456', '9999999', '9999999']);
  });
});

describe('a package', () => {
  it('with a clock has its interval, drift and suite', async () => {
    const data = `${PLAIN}<TimeInterval><PlainValue>60</PlainValue></TimeInterval><TimeDrift><PlainValue>-4</PlainValue></TimeDrift>`;
    const parameters = '<Suite>HMAC-SHA256</Suite><ResponseFormat Length="6" Encoding="DECIMAL"/>';
    expect(await only({ algorithm: TOTP, data, parameters })).toMatchObject({
      token: { type: 'totp', period: 60, drift: -4, algorithm: 'SHA256', digits: 6 },
    });
  });

  it.each<[string, Package, string]>([
    ['another algorithm', { algorithm: 'urn:ietf:params:xml:ns:keyprov:pskc:ocra-1' }, 'another algorithm'],
    ['7 digits', { parameters: '<ResponseFormat Length="7" Encoding="DECIMAL"/>' }, 'digits'],
    ['hexadecimal codes', { parameters: '<ResponseFormat Length="8" Encoding="HEXADECIMAL"/>' }, 'decimal'],
    ['check digits', { parameters: '<ResponseFormat Length="8" Encoding="DECIMAL" CheckDigits="true"/>' }, 'check'],
    ['an unknown suite', { parameters: '<Suite>MD5</Suite>' }, 'suite'],
    ['a challenge', { parameters: '<ChallengeFormat Min="6" Max="6" Encoding="DECIMAL"/>' }, 'challenges'],
    ['a short secret', { data: '<Secret><PlainValue>MTIzNDU2Nzg5MA==</PlainValue></Secret>' }, '16 to 64'],
    ['a secret that isn’t base64', { data: '<Secret><PlainValue>???</PlainValue></Secret>' }, 'base64'],
    ['a comment in its secret', { data: PLAIN.replace('MTIz', 'MTIz<!-- -->') }, 'base64'],
    ['no serial number', { serial: '', key: '' }, 'serial'],
    ['markup for a serial number', { serial: '&lt;b&gt;' }, 'serial'],
    ['a counter that isn’t one', { data: `${PLAIN}<Counter><PlainValue>-1</PlainValue></Counter>` }, 'counter'],
    [
      'an interval of 45 s',
      { algorithm: TOTP, data: `${PLAIN}<TimeInterval><PlainValue>45</PlainValue></TimeInterval>` },
      'step',
    ],
    ['an encrypted value without a key', { data: sealedSecret(FIGURE_6.value, FIGURE_6.valueMac) }, 'which key'],
  ])('with %s is refused by itself', async (_, about, reason) => {
    const found = await rows(container(`${packageOf(about)}${packageOf({ serial: 'GOOD' })}`));
    expect(reasonOf(found[0])).toContain(reason);
    expect(found[1]).toMatchObject({ token: { serial: 'GOOD' } });
    expect(reasonOf(found[0])).not.toContain('MTIz');
  });
});

describe('a document', () => {
  it.each([
    ['nothing', ''],
    ['no XML', 'serial,secret'],
    ['another root', '<a xmlns="urn:ietf:params:xml:ns:keyprov:pskc"/>'],
    ['another namespace', '<KeyContainer Version="1.0"/>'],
    ['no package', container('')],
    ['another version', container(packageOf()).replace('Version="1.0"', 'Version="2.0"')],
    ['an encryption without a MAC', container(packageOf(), PRE_SHARED)],
    ['a DOCTYPE', `<!DOCTYPE a [<!ENTITY b "c">]>${container(packageOf())}`.replace(/<\?xml.*\?>/, '')],
    [
      'entities that grow',
      `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><KeyContainer>&b;</KeyContainer>`,
    ],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><KeyContainer/>'],
    ['elements without end', `${'<a>'.repeat(100_000)}`],
    ['more characters than any', ' '.repeat(12_000_001)],
  ])('with %s is refused as a whole', async (_, xml) => {
    await expect(rows(xml, { key: keyFrom(FIGURE_6.key) })).rejects.toThrow(TokenFault);
  });

  it('is read or refused, whatever was cut out of it or put in', async () => {
    const good = container(packageOf());
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 10 }), async (at, cut, put) => {
        const found = await rows(good.slice(0, at) + put + good.slice(at + cut)).catch((error: unknown) => error);
        expect(found instanceof TokenFault || Array.isArray(found)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a key file', () => {
  it.each([FIGURE_6.key, `0x${FIGURE_6.key}\n`, ' 12345678 90123456 78901234 56789012', 'EjRWeJASNFZ4kBI0VniQEg=='])(
    'is read as %j',
    (text) => expect(Buffer.from(keyFrom(text)).toString('hex')).toBe(FIGURE_6.key),
  );

  it.each(['', 'qwerty', '1234', 'é'])('is refused as %j', (text) => {
    expect(() => keyFrom(text)).toThrow(TokenFault);
  });
});
