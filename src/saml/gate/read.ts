import { SamlFault } from '../errors.ts';
import { COMPARISONS, type NameId, type SamlMessage } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { base, flag, given, instant, integer, nameIdOf } from '../xml/values.ts';

/** Properties that only the binding and the signature say. */
type FromElsewhere = 'binding' | 'signed' | 'relayState';
type Without<M> = M extends SamlMessage ? Omit<M, FromElsewhere> : never;

/** What the XML of a message says. */
export type Content = Without<SamlMessage>;
type ContentOf<K extends SamlMessage['kind']> = Extract<Content, { kind: K }>;

/** Reads an element that is valid by the protocol schema. Throws `kind`, `issuer` or `instant`. */
/** Entries of an IDPList that are looked at. */
const MOST_PROVIDERS = 10;

export const READERS: Readonly<{
  [K in SamlMessage['kind']]: (element: Element) => ContentOf<K>;
}> = {
  AuthnRequest: readAuthnRequest,
  LogoutRequest: readLogoutRequest,
  LogoutResponse: readLogoutResponse,
};

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
    ...given('idpList', idpList(element.child(NS.samlp, 'Scoping')?.child(NS.samlp, 'IDPList'))),
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

/** Names with a blank in them are none of an entity. */
function idpList(list: Element | undefined): string[] | undefined {
  const all = list?.children(NS.samlp, 'IDPEntry').slice(0, MOST_PROVIDERS) ?? [];
  const named = all.map((entry) => entry.attribute('ProviderID')?.trim() ?? '');
  const usable = named.filter((id) => id !== '' && id.length <= 1_024 && !/\s/.test(id));
  return usable.length > 0 ? usable : undefined;
}

/** Another subject than a name identifier can't be honoured, and passing over it would sign in somebody else. */
function subject(element: Element | undefined): NameId | undefined {
  return element && nameId(element);
}

function nameId(parent: Element): NameId {
  const element = parent.child(NS.saml, 'NameID');
  if (!element) throw new SamlFault('kind', `${parent.name} without a NameID: BaseID and EncryptedID aren't read`);
  return nameIdOf(element);
}
