import { SamlFault } from '../errors.ts';
import type { Attribute } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { base, given, instant, nameIdOf } from '../xml/values.ts';
import type { Assertion, Conditions, Confirmation } from './model.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/**
 * Reads an Assertion that is valid by its schema, of its signed octets alone (saml-core section 2.3.3).
 * Throws `assertion`, `subject`, `issuer` or `instant`.
 */
export function readAssertion(element: Element): Assertion {
  if (element.attribute('Version') !== '2.0') throw new SamlFault('assertion', 'not of version 2.0');
  const subject = element.child(NS.saml, 'Subject');
  const nameId = subject?.child(NS.saml, 'NameID');
  const conditions = element.child(NS.saml, 'Conditions');
  return {
    ...base(element),
    ...given('nameId', nameId && nameIdOf(nameId)),
    confirmations: subject?.children(NS.saml, 'SubjectConfirmation').flatMap(confirmationOf) ?? [],
    ...given('conditions', conditions && conditionsOf(conditions)),
    authentications: element.children(NS.saml, 'AuthnStatement').map(authenticationOf),
    attributes: attributesOf(element.children(NS.saml, 'AttributeStatement')),
  };
}

/** Others than bearer are passed over. Whoever confirms is the subject: another one named in there would be a second. */
function confirmationOf(element: Element): Confirmation[] {
  const named = ['NameID', 'BaseID', 'EncryptedID'].some((name) => element.child(NS.saml, name));
  if (named) throw new SamlFault('subject', 'a SubjectConfirmation that names a subject of its own');
  const data = element.child(NS.saml, 'SubjectConfirmationData');
  if (element.attribute('Method') !== BEARER || !data) return [];
  return [
    {
      ...given('recipient', data.attribute('Recipient')),
      ...given('inResponseTo', data.attribute('InResponseTo')),
      ...given('notBefore', instant(data.attribute('NotBefore'))),
      ...given('notOnOrAfter', instant(data.attribute('NotOnOrAfter'))),
    },
  ];
}

/** Of those that say nothing that could fail us: whatever is read here is used once. */
const HARMLESS = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']);

function conditionsOf(element: Element): Conditions {
  const audiencesIn = (it: Element) => it.children(NS.saml, 'Audience').map(({ text }) => text);
  const foreign = element.children().filter((it) => it.namespace !== NS.saml || !HARMLESS.has(it.name));
  const proxied = element.children(NS.saml, 'ProxyRestriction');
  return {
    ...given('notBefore', instant(element.attribute('NotBefore'))),
    ...given('notOnOrAfter', instant(element.attribute('NotOnOrAfter'))),
    audiences: element.children(NS.saml, 'AudienceRestriction').map(audiencesIn),
    // Whom it may be passed on to, or over how many hops: we pass it on to any application.
    keptToUs: proxied.some((it) => Number(it.attribute('Count') ?? 1) === 0 || audiencesIn(it).length > 0),
    unknown: foreign.map(({ name }) => name),
  };
}

function authenticationOf(element: Element): Assertion['authentications'][number] {
  const context = element.child(NS.saml, 'AuthnContext');
  return {
    authnInstant: instant(element.attribute('AuthnInstant')) ?? 0,
    ...given('contextClass', context?.child(NS.saml, 'AuthnContextClassRef')?.text.trim()),
    authorities: context?.children(NS.saml, 'AuthenticatingAuthority').map(({ text }) => text.trim()) ?? [],
    ...given('sessionIndex', element.attribute('SessionIndex')),
    ...given('sessionNotOnOrAfter', instant(element.attribute('SessionNotOnOrAfter'))),
  };
}

/** Values of one name and format together, however the provider spread them. */
function attributesOf(statements: readonly Element[]): Attribute[] {
  const found = new Map<string, Attribute & { values: string[] }>();
  for (const it of statements.flatMap((statement) => statement.children(NS.saml, 'Attribute'))) {
    const name = it.attribute('Name') ?? '';
    const nameFormat = it.attribute('NameFormat');
    const key = JSON.stringify([name, nameFormat]);
    const friendlyName = it.attribute('FriendlyName');
    const known = found.get(key) ?? {
      ...{ name, values: [] },
      ...given('nameFormat', nameFormat),
      ...given('friendlyName', friendlyName),
    };
    known.values.push(...it.children(NS.saml, 'AttributeValue').flatMap(textsOf));
    if (known.values.length > 0) found.set(key, known);
  }
  return [...found.values()];
}

/**
 * Text; of a NameID inside (as eduPersonTargetedID has it) its qualifiers and value, put together as Shibboleth does.
 * Whatever else has elements isn't read.
 */
function textsOf(element: Element): string[] {
  const [inner, ...more] = element.children();
  if (!inner) return [element.text];
  if (more.length > 0 || !inner.is(NS.saml, 'NameID')) return [];
  const { value, nameQualifier = '', spNameQualifier = '' } = nameIdOf(inner);
  return [`${nameQualifier}!${spNameQualifier}!${value}`];
}
