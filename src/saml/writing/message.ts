import { createMemo } from '../../core/memo.ts';
import type { NameId, Status } from '../model.ts';
import { element, type XmlContent, type XmlElement } from './canonical.ts';

/** Issuer and clock of what we send. */
export interface SenderOptions {
  /** EntityID of ours. */
  entityId: string;
  now(): number;
  random(bytes: number): Uint8Array;
}

/** xs:dateTime in UTC (saml-core section 1.3.3). `at`: epoch milliseconds. */
export function instant(at: number): string {
  const whole = Math.floor(at);
  const second = Math.floor(whole / 1000);
  return `${upToSecond(second)}.${String(whole - second * 1000).padStart(3, '0')}Z`;
}

/** Of the seconds written last: a calendar date costs more than the element around it, and all of one second share it. */
const seconds = createMemo<number, string>(1_000);
const upToSecond = (second: number): string =>
  seconds(second, () => new Date(second * 1000).toISOString().slice(0, -'.000Z'.length));

/** An xs:ID that nobody can guess: 160 bits (saml-core section 1.3.4 wants 128 at least). */
export function createId(random: SenderOptions['random']): string {
  return `_${Buffer.from(random(20)).toString('hex')}`;
}

/** A protocol message with its Issuer first (saml-core sections 3.2.1 and 3.2.2): a signature goes after one child. */
export function message(
  name: XmlElement['name'],
  sender: SenderOptions,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: XmlContent[]
): XmlElement & { id: string } {
  const id = createId(sender.random);
  const common = { ID: id, IssueInstant: instant(sender.now()), Version: '2.0' };
  const issuer = element('saml:Issuer', {}, sender.entityId);
  return { ...element(name, { ...attributes, ...common }, issuer, ...children), id };
}

/** saml-core section 3.2.2.1: each code stands inside the one before it. */
export function statusElement({ codes, message }: Status): XmlElement {
  const nested = codes.reduceRight<XmlElement | undefined>(
    (inner, code) => element('samlp:StatusCode', { Value: code }, inner),
    undefined,
  );
  const text = message === undefined ? undefined : element('samlp:StatusMessage', {}, message);
  return element('samlp:Status', {}, nested, text);
}

export function nameIdElement({ value, format, nameQualifier, spNameQualifier }: NameId): XmlElement {
  const attributes = { Format: format, NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier };
  return element('saml:NameID', attributes, value);
}
