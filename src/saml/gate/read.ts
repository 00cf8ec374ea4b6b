import { SamlFault } from '../errors.ts';
import { COMPARISONS, type NameId, type SamlMessage } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';

/** Properties that only the binding and the signature say. */
type FromElsewhere = 'binding' | 'signed' | 'relayState';
type Without<M> = M extends SamlMessage ? Omit<M, FromElsewhere> : never;

/** What the XML of a message says. */
export type Content = Without<SamlMessage>;
type ContentOf<K extends SamlMessage['kind']> = Extract<Content, { kind: K }>;
type Base = Pick<Content, 'id' | 'issuer' | 'issueInstant'>;

/** Reads an element that is valid by the protocol schema. Throws `kind`, `issuer` or `instant`. */
export const READERS: Readonly<{
  [K in SamlMessage['kind']]: (element: Element) => ContentOf<K>;
}> = {
  AuthnRequest: readAuthnRequest,
  LogoutRequest: readLogoutRequest,
  LogoutResponse: readLogoutResponse,
};

const ENTITY = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

/** saml-core section 3.2.1; each profile of ours demands Issuer, a plain entity id (saml-profiles section 4). */
function base(element: Element): Base {
  const issuer = element.child(NS.saml, 'Issuer');
  if (!issuer) throw new SamlFault('issuer', 'no Issuer');
  if ((issuer.attribute('Format') ?? ENTITY) !== ENTITY) throw new SamlFault('issuer', 'Issuer is not an entity id');
  return {
    id: element.attribute('ID') ?? '',
    issuer: issuer.text,
    issueInstant: instant(element.attribute('IssueInstant')) ?? 0,
  };
}

/** saml-core section 3.4.1. */
function readAuthnRequest(element: Element): ContentOf<'AuthnRequest'> {
  return {
    kind: 'AuthnRequest',
    ...base(element),
    ...given('assertionConsumerServiceUrl', element.attribute('AssertionConsumerServiceURL')),
    ...given('assertionConsumerServiceIndex', integer(element.attribute('AssertionConsumerServiceIndex'))),
    ...given('attributeConsumingServiceIndex', integer(element.attribute('AttributeConsumingServiceIndex'))),
    ...given('protocolBinding', element.attribute('ProtocolBinding')),
    forceAuthn: flag(element.attribute('ForceAuthn')),
    isPassive: flag(element.attribute('IsPassive')),
    ...given('providerName', element.attribute('ProviderName')),
    ...given('nameIdPolicy', nameIdPolicy(element.child(NS.samlp, 'NameIDPolicy'))),
    ...given('requestedAuthnContext', requestedContext(element.child(NS.samlp, 'RequestedAuthnContext'))),
    ...given('subject', subject(element.child(NS.saml, 'Subject'))),
  };
}

/** saml-core section 3.7.1. */
function readLogoutRequest(element: Element): ContentOf<'LogoutRequest'> {
  return {
    kind: 'LogoutRequest',
    ...base(element),
    nameId: nameId(element),
    sessionIndexes: element.children(NS.samlp, 'SessionIndex').map(({ text }) => text),
    ...given('notOnOrAfter', instant(element.attribute('NotOnOrAfter'))),
  };
}

/** saml-core section 3.7.2: InResponseTo is optional in the schema, and without it nothing was asked for. */
function readLogoutResponse(element: Element): ContentOf<'LogoutResponse'> {
  const inResponseTo = element.attribute('InResponseTo');
  if (!inResponseTo) throw new SamlFault('kind', 'a response to nothing: no InResponseTo');
  const top = element.child(NS.samlp, 'Status')?.child(NS.samlp, 'StatusCode');
  const codes = [top, top?.child(NS.samlp, 'StatusCode')];
  return {
    kind: 'LogoutResponse',
    ...base(element),
    inResponseTo,
    status: codes.flatMap((code) => code?.attribute('Value') ?? []),
  };
}

function nameIdPolicy(policy: Element | undefined) {
  return (
    policy && {
      ...given('format', policy.attribute('Format')),
      ...given('spNameQualifier', policy.attribute('SPNameQualifier')),
      allowCreate: flag(policy.attribute('AllowCreate')),
    }
  );
}

function requestedContext(context: Element | undefined) {
  if (!context) return undefined;
  const said = context.attribute('Comparison');
  return {
    comparison: COMPARISONS.find((known) => known === said) ?? 'exact',
    classes: context.children(NS.saml, 'AuthnContextClassRef').map(({ text }) => text),
    declarations: context.child(NS.saml, 'AuthnContextDeclRef') !== undefined,
  };
}

/** Another subject than a name identifier can't be honoured, and passing over it would sign in somebody else. */
function subject(element: Element | undefined): NameId | undefined {
  return element && nameId(element);
}

function nameId(parent: Element): NameId {
  const element = parent.child(NS.saml, 'NameID');
  if (!element) throw new SamlFault('kind', `${parent.name} without a NameID: BaseID and EncryptedID aren't read`);
  return {
    value: element.text,
    format: element.attribute('Format') ?? UNSPECIFIED,
    ...given('nameQualifier', element.attribute('NameQualifier')),
    ...given('spNameQualifier', element.attribute('SPNameQualifier')),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // A computed key widens to string.
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

/** xs:boolean. */
const flag = (text: string | undefined): boolean => /^\s*(true|1)\s*$/.test(text ?? '');

/** xs:unsignedShort. */
const integer = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** Times are in UTC (saml-core section 1.3.3): one without a zone would be read by this machine's. */
function instant(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = /(?:Z|[+-]\d\d:\d\d)\s*$/.test(text) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isNaN(at)) throw new SamlFault('instant', `${text} is no time in UTC`);
  return at;
}
