import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Entity, ServiceProvider } from '../model.ts';
import { MetadataFault } from './fault.ts';

/**
 * Entities in one block of bytes: first a row for each, in order of its key, then what they describe, each
 * deflated by itself. A block lies outside the heap, is kept and sent as it is,
 * and is read one entity at a time, so that ten thousand cost no more time than one.
 *
 * Row: key (the first half of SHA-256 over the entityID), offset and length of its record.
 */
const KEY = 16;
const ROW = KEY + 8;
const LARGEST_RECORD = 4 * 1024 * 1024;
/** Records are small: zlib would otherwise take 16 kB for each. */
const CHUNK = 4096;

/** What most records share; deflate refers to it in place of repeating it. */
const DICTIONARY = Buffer.from(
  [
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
    'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    'http://www.w3.org/2001/04/xmlenc#sha256',
    'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    'http://www.w3.org/2009/xmlenc11#aes128-gcm',
    'http://refeds.org/category/research-and-scholarship',
    'http://www.geant.net/uri/dataprotection-code-of-conduct/v1',
    'https://refeds.org/category/code-of-conduct/v2',
    'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
    'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    '{"name":"urn:oid:1.3.6.1.4.1.5923.1.1.1.6","nameFormat":"urn:oasis:names:tc:SAML:2.0:attrname-format:uri","required":true,"values":[]},',
    '"attributeConsumingServices":[{"index":1,"isDefault":true,"attributes":[',
    '"authnRequestsSigned":false,"wantAssertionsSigned":true,"nameIdFormats":["',
    '"signingMethods":[],"digestMethods":[],"entityCategories":[',
    '"signingCertificates":["MII","encryptionKeys":[{"certificate":"MII","methods":[',
    '"singleLogoutServices":[{"binding":"redirect","location":"https://","binding":"post","binding":"soap"',
    '{"entityId":"https:///Shibboleth.sso/SAML2/POST","validUntil":17,"displayName":{"en":"","description":{"en":"","informationUrl":{"en":"https://","assertionConsumerServices":[{"index":1,"location":"https://","isDefault":true',
  ].join(''),
);

/** Collects entities and makes the block of them. */
export class SnapshotBuilder {
  readonly #records: { key: Buffer; data: Buffer }[] = [];

  add(entity: Entity): void {
    const json = Buffer.from(JSON.stringify(entity));
    if (json.length > LARGEST_RECORD) throw new MetadataFault('it is too large');
    this.#records.push({
      key: keyOf(entity.entityId),
      data: deflateRawSync(json, { dictionary: DICTIONARY, chunkSize: CHUNK }),
    });
  }

  get count(): number {
    return this.#records.length;
  }

  bytes(): Uint8Array {
    const records = this.#records.toSorted((a, b) => a.key.compare(b.key));
    const start = records.length * ROW;
    const bytes = new Uint8Array(start + records.reduce((sum, { data }) => sum + data.length, 0));
    const view = new DataView(bytes.buffer);
    let offset = start;
    for (const [at, { key, data }] of records.entries()) {
      bytes.set(key, at * ROW);
      view.setUint32(at * ROW + KEY, offset);
      view.setUint32(at * ROW + KEY + 4, data.length);
      bytes.set(data, offset);
      offset += data.length;
    }
    return bytes;
  }
}

/** Reads a block; whoever opens one knows which role it was made of. */
export class Snapshot<E extends Entity = ServiceProvider> {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, count: number) {
    this.bytes = bytes;
    this.count = count;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  find(entityId: string): E | undefined {
    const key = keyOf(entityId);
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = key.compare(this.bytes, middle * ROW, middle * ROW + KEY);
      if (order === 0) {
        const found = this.at(middle);
        // The key is cut: whoever finds two that begin alike must not be taken for the other.
        return found?.entityId === entityId ? found : undefined;
      }
      if (order < 0) high = middle - 1;
      else low = middle + 1;
    }
    return undefined;
  }

  /** In order of their keys, which is none that means anything. */
  at(row: number): E | undefined {
    if (row >= this.count) return undefined;
    const offset = this.#view.getUint32(row * ROW + KEY);
    const length = this.#view.getUint32(row * ROW + KEY + 4);
    const record = this.bytes.subarray(offset, offset + length);
    const json = inflateRawSync(record, {
      dictionary: DICTIONARY,
      maxOutputLength: LARGEST_RECORD,
      chunkSize: 2 * CHUNK,
    });
    // Made from parsed metadata by the builder; what was stored meanwhile is held against its digest first.
    return JSON.parse(json.toString()) as E;
  }
}

function keyOf(entityId: string): Buffer {
  return createHash('sha256').update(entityId).digest().subarray(0, KEY);
}
