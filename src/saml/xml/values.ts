import { SamlFault } from '../errors.ts';
import type { NameId } from '../model.ts';
import { type Element, NS } from './library.ts';

/** Values of elements and attributes as SAML writes them, of what is valid by its schema. */

export const ENTITY = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

/** What every message has. */
export interface Base {
  id: string;
  issuer: string;
  issueInstant: number;
}

/** saml-core section 3.2.1; each profile of ours demands Issuer, a plain entity id (saml-profiles section 4). */
export function base(element: Element): Base {
  const issuer = issuerOf(element);
  if (issuer === undefined) throw new SamlFault('issuer', 'no Issuer');
  return {
    id: element.attribute('ID') ?? '',
    issuer,
    issueInstant: instant(element.attribute('IssueInstant')) ?? 0,
  };
}

/** Undefined where there is none. Throws `issuer` where it isn't a plain entity id. */
export function issuerOf(element: Element): string | undefined {
  const issuer = element.child(NS.saml, 'Issuer');
  if (issuer && (issuer.attribute('Format') ?? ENTITY) !== ENTITY)
    throw new SamlFault('issuer', 'Issuer is not an entity id');
  return issuer?.text;
}

/** Of a NameID element. */
export function nameIdOf(element: Element): NameId {
  return {
    value: element.text,
    format: element.attribute('Format') ?? UNSPECIFIED,
    ...given('nameQualifier', element.attribute('NameQualifier')),
    ...given('spNameQualifier', element.attribute('SPNameQualifier')),
  };
}

export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // A computed key widens to string.
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

/** xs:boolean. */
export const flag = (text: string | undefined): boolean => /^\s*(true|1)\s*$/.test(text ?? '');

/** xs:unsignedShort. */
export const integer = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** Times are in UTC (saml-core section 1.3.3): one without a zone would be read by this machine's. */
export function instant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = /(?:Z|[+-]\d\d:\d\d)\s*$/.test(text) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isNaN(at)) throw new SamlFault('instant', `${text} is no time in UTC`);
  return at;
}
