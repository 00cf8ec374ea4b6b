import { encodeSecret } from '../otp.ts';
import { TokenFault } from './fault.ts';
import { bytesOf, type Opener, openerOf, type Secrets } from './pskc-keys.ts';
import { spelt } from './pskc-spelling.ts';
import type { Row } from './row.ts';
import { rowOf } from './row.ts';
import { child, type Node, readXml, textAt } from './xml.ts';

const PSKC = 'urn:ietf:params:xml:ns:keyprov:pskc';

/** What a policy may say (RFC 6030 section 5); with anything else the key may not be used. */
const POLICIES = ['StartDate', 'ExpiryDate', 'PINPolicy', 'KeyUsage'];

/**
 * Reads a Portable Symmetric Key Container (RFC 6030): one row for each package, with the token or why it is refused.
 * Throws TokenFault where the container as a whole can't be read.
 */
export async function readPskc(text: string, secrets: Secrets): Promise<{ rows: Row[]; notes: string[] }> {
  const container = spelt(readXml(text));
  if (container.name !== 'KeyContainer' || container.namespace !== PSKC)
    throw new TokenFault('not a PSKC key container');
  if (!container.attributes.Version?.startsWith('1.')) throw new TokenFault('not version 1 of PSKC');
  const open = await openerOf(container, secrets);
  const packages = container.children.filter(({ name }) => name === 'KeyPackage');
  if (packages.length === 0) throw new TokenFault('it holds no key package');
  const rows = packages.map((one, at) => packageRow(one, at + 1, open));
  const signed = child(container, 'Signature') !== undefined;
  return { rows, notes: signed ? ['The file is signed; the signature was not checked.'] : [] };
}

function packageRow(one: Node, number: number, open: Opener | undefined): Row {
  const key = child(one, 'Key');
  const serial = textAt(one, 'DeviceInfo', 'SerialNo') ?? key?.attributes.Id ?? '';
  const label = `package ${number}${serial === '' ? '' : ` (${serial.slice(0, 64)})`}`;
  return rowOf(label, () => {
    if (key === undefined) throw new TokenFault('no key');
    const type = /^urn:ietf:params:xml:ns:keyprov:pskc[:#](hotp|totp)$/.exec(key.attributes.Algorithm ?? '')?.[1];
    if (type === undefined)
      throw new TokenFault(`another algorithm: ${(key.attributes.Algorithm ?? '').slice(0, 100)}`);
    if (child(key, 'KeyProfileId')) throw new TokenFault('its parameters are in a key profile that isn’t in the file');
    const parameters = child(key, 'AlgorithmParameters');
    const data = child(key, 'Data');
    return {
      serial,
      type,
      secret: encodeSecret(secretOf(data, open)),
      algorithm: algorithmOf(textAt(parameters, 'Suite')),
      digits: digitsOf(parameters),
      ...(type === 'totp' ? { period: numberAt(data, 'TimeInterval', open) ?? 30 } : {}),
      ...(type === 'totp' ? { drift: numberAt(data, 'TimeDrift', open) ?? 0 } : {}),
      next: type === 'hotp' ? (numberAt(data, 'Counter', open) ?? 0) : 0,
      maker: textAt(one, 'DeviceInfo', 'Manufacturer'),
      ...policyOf(child(key, 'Policy')),
    };
  });
}

function unsealed(data: Node, open: Opener | undefined): Buffer | undefined {
  if (child(data, 'EncryptedValue') === undefined) return undefined;
  if (open === undefined) throw new TokenFault('encrypted, but the file doesn’t say with which key');
  return open(data);
}

function secretOf(data: Node | undefined, open: Opener | undefined): Buffer {
  const secret = child(data, 'Secret');
  if (secret === undefined) throw new TokenFault('no secret in the file');
  const bytes = unsealed(secret, open) ?? bytesOf(textAt(secret, 'PlainValue'), 'the secret');
  if (bytes.length < 16 || bytes.length > 64) throw new TokenFault('the secret hasn’t 16 to 64 bytes');
  return bytes;
}

/** A number of `Data`, plain or encrypted: then its bytes, the first ones highest (RFC 6030 section 4.2). */
function numberAt(data: Node | undefined, name: string, open: Opener | undefined): number | undefined {
  const element = child(data, name);
  if (element === undefined) return undefined;
  const bytes = unsealed(element, open);
  if (bytes && (bytes.length === 0 || bytes.length > 8)) throw new TokenFault(`${name} isn’t a number`);
  const text = bytes ? String(bytes.reduce((sum, byte) => sum * 256 + byte, 0)) : textAt(element, 'PlainValue');
  const value = Number(text);
  if (!text || !/^-?\d+$/.test(text) || Math.abs(value) > 2 ** 40) throw new TokenFault(`${name} isn’t a number`);
  return value;
}

function algorithmOf(suite: string | undefined): string {
  const name = (suite ?? 'SHA1')
    .toUpperCase()
    .replace(/^HMAC-?/, '')
    .replace('-', '');
  if (!['SHA1', 'SHA256', 'SHA512'].includes(name)) throw new TokenFault(`unsupported suite: ${suite?.slice(0, 50)}`);
  return name;
}

function digitsOf(parameters: Node | undefined): number {
  if (child(parameters, 'ChallengeFormat')) throw new TokenFault('it answers challenges, which isn’t supported');
  const format = child(parameters, 'ResponseFormat');
  if (format === undefined) return 6;
  if (format.attributes.Encoding !== 'DECIMAL') throw new TokenFault('its codes aren’t decimal');
  if (/^(?:true|1)$/.test(format.attributes.CheckDigits ?? format.attributes.CheckDigit ?? '')) {
    throw new TokenFault('its codes have check digits');
  }
  return Number(format.attributes.Length);
}

function policyOf(policy: Node | undefined): { starts?: number; expires?: number } {
  for (const { name } of policy?.children ?? []) {
    if (!POLICIES.includes(name)) throw new TokenFault(`a policy that isn’t understood: ${name.slice(0, 50)}`);
  }
  const usages = (policy?.children ?? []).filter(({ name }) => name === 'KeyUsage').map(({ text }) => text);
  if (usages.length > 0 && !usages.includes('OTP')) throw new TokenFault('its key isn’t for one-time passwords');
  const pin = child(policy, 'PINPolicy')?.attributes.PINUsageMode;
  // A PIN that the device itself asks for changes nothing about its codes.
  if (pin !== undefined && !/^Local$/.test(pin))
    throw new TokenFault(`its codes come with a PIN (${pin.slice(0, 20)})`);
  const [starts, expires] = [momentAt(policy, 'StartDate'), momentAt(policy, 'ExpiryDate')];
  return { ...(starts === undefined ? {} : { starts }), ...(expires === undefined ? {} : { expires }) };
}

function momentAt(policy: Node | undefined, name: string): number | undefined {
  const text = textAt(policy, name);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new TokenFault(`${name} isn’t a time`);
  return at;
}
