import {
  type Attribute,
  element,
  instant,
  NAMESPACES,
  type NameId,
  nameIdElement,
  type XmlElement,
} from '../../../saml/index.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const URI_NAMES = 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri';

/** What an assertion says. Times are epoch milliseconds. */
export interface Statement {
  /** EntityID of the service provider. */
  audience: string;
  nameId: NameId;
  /** When the person authenticated. */
  authnInstant: number;
  /** The name by which the service provider knows the session. */
  sessionIndex: string;
  /** When the session ends at the latest. */
  sessionNotOnOrAfter?: number;
  /** What the evidence amounts to. */
  authnContextClass: string;
  attributes: readonly Attribute[];
}

/** Where and when it may be used. */
export interface Frame {
  id: string;
  issuer: string;
  issueInstant: number;
  /** Conditions begin so long before, and end then. */
  notBefore: number;
  notOnOrAfter: number;
  /** Address of the assertion consumer service. */
  recipient: string;
  inResponseTo?: string | undefined;
}

/** The assertion declares xs: its signature's transform has to name it. */
export function isTyped({ attributes }: Pick<Statement, 'attributes'>): boolean {
  return attributes.length > 0;
}

/** An Assertion of the web browser SSO profile (saml-core section 2.3.3, saml-profiles section 4.1.4.2), unsigned. */
export function assertionOf(statement: Statement, frame: Frame): XmlElement {
  return element(
    'saml:Assertion',
    {
      ...(isTyped(statement) && { 'xmlns:xs': NAMESPACES.xs }),
      ID: frame.id,
      IssueInstant: instant(frame.issueInstant),
      Version: '2.0',
    },
    element('saml:Issuer', {}, frame.issuer),
    subject(statement.nameId, frame),
    conditions(statement.audience, frame),
    authnStatement(statement),
    attributeStatement(statement.attributes),
  );
}

function subject(nameId: NameId, { inResponseTo, notOnOrAfter, recipient }: Frame): XmlElement {
  return element(
    'saml:Subject',
    {},
    nameIdElement(nameId),
    element(
      'saml:SubjectConfirmation',
      { Method: BEARER },
      element('saml:SubjectConfirmationData', {
        InResponseTo: inResponseTo,
        NotOnOrAfter: instant(notOnOrAfter),
        Recipient: recipient,
      }),
    ),
  );
}

function conditions(audience: string, { notBefore, notOnOrAfter }: Frame): XmlElement {
  return element(
    'saml:Conditions',
    { NotBefore: instant(notBefore), NotOnOrAfter: instant(notOnOrAfter) },
    element('saml:AudienceRestriction', {}, element('saml:Audience', {}, audience)),
  );
}

function authnStatement({ authnContextClass, authnInstant, sessionIndex, sessionNotOnOrAfter }: Statement): XmlElement {
  return element(
    'saml:AuthnStatement',
    {
      AuthnInstant: instant(authnInstant),
      SessionIndex: sessionIndex,
      SessionNotOnOrAfter: sessionNotOnOrAfter === undefined ? undefined : instant(sessionNotOnOrAfter),
    },
    element('saml:AuthnContext', {}, element('saml:AuthnContextClassRef', {}, authnContextClass)),
  );
}

function attributeStatement(attributes: readonly Attribute[]): XmlElement | undefined {
  return attributes.length === 0 ? undefined : element('saml:AttributeStatement', {}, ...attributes.map(attribute));
}

/** saml-core section 2.7.3.1, saml-profiles section 8.2. */
function attribute({ friendlyName, name, nameFormat = URI_NAMES, values }: Attribute): XmlElement {
  return element(
    'saml:Attribute',
    { FriendlyName: friendlyName, Name: name, NameFormat: nameFormat },
    ...values.map((value) => element('saml:AttributeValue', { 'xsi:type': 'xs:string' }, value)),
  );
}
