import type { LocalizedText } from '../../core/account.ts';
import { BINDINGS, type Binding, type ServiceProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { keysOf } from './certificates.ts';
import { MetadataFault } from './fault.ts';
import { isEndpoint } from './locations.ts';
import { ENTITY_CATEGORY, PROTOCOL, SUBJECT_ID_REQUIREMENT } from './names.ts';
import { bounded, childrenOf, distinct, extensionsOf, flag, indexed, indexOf } from './read.ts';
import { isWebAddress, localized } from './texts.ts';

const MOST_SERVICES = 200;
const MOST_ATTRIBUTES = 500;
const MOST_VALUES = 200;

/**
 * A service provider from its entity and role (saml-metadata section 2.4.4).
 *
 * @throws MetadataFault with the reason why it can't be used
 */
export function providerOf(entity: Element, role: Element, entityId: string, validUntil?: number): ServiceProvider {
  const keys = keysOf(role);
  const requirement = entityAttribute(entity, SUBJECT_ID_REQUIREMENT)[0];
  return {
    entityId,
    ...(validUntil !== undefined && { validUntil }),
    ...shownOf(entity, role),
    assertionConsumerServices: consumersOf(role),
    singleLogoutServices: logoutsOf(role),
    signingCertificates: keys.signing,
    encryptionKeys: keys.encryption,
    authnRequestsSigned: flag(role, 'AuthnRequestsSigned'),
    wantAssertionsSigned: flag(role, 'WantAssertionsSigned'),
    nameIdFormats: bounded(distinct(childrenOf(role, NS.md, 'NameIDFormat')), 50, 'name identifier formats'),
    entityCategories: entityAttribute(entity, ENTITY_CATEGORY),
    ...(requirement !== undefined && { subjectIdRequirement: requirement }),
    attributeConsumingServices: attributeServicesOf(role),
    signingMethods: methodsOf(entity, role, 'SigningMethod'),
    digestMethods: methodsOf(entity, role, 'DigestMethod'),
  };
}

/** Endpoints where responses may be sent. Those of other bindings, or that would send them in the clear, are left out. */
function consumersOf(role: Element): ServiceProvider['assertionConsumerServices'] {
  const services = bounded(childrenOf(role, NS.md, 'AssertionConsumerService'), MOST_SERVICES, 'endpoints');
  const posts = services.filter((it) => it.attribute('Binding') === BINDINGS.post);
  const usable = posts.flatMap((it) => {
    const location = it.attribute('Location') ?? '';
    return isEndpoint(location) ? [{ index: indexOf(it), location, isDefault: flag(it, 'isDefault') }] : [];
  });
  if (usable.length > 0) return indexed(usable, 'AssertionConsumerServices');
  throw new MetadataFault(
    posts.length === 0
      ? 'it has no AssertionConsumerService for HTTP-POST'
      : `none of its AssertionConsumerServices is an https address: ${posts[0]?.attribute('Location')?.slice(0, 200)}`,
  );
}

function logoutsOf(role: Element): ServiceProvider['singleLogoutServices'] {
  const services = bounded(childrenOf(role, NS.md, 'SingleLogoutService'), MOST_SERVICES, 'endpoints');
  return services.flatMap((it) => {
    const binding = bindingOf(it.attribute('Binding'));
    const location = it.attribute('Location') ?? '';
    const responseLocation = it.attribute('ResponseLocation');
    if (binding === undefined || !isEndpoint(location)) return [];
    if (responseLocation === undefined) return [{ binding, location }];
    return isEndpoint(responseLocation) ? [{ binding, location, responseLocation }] : [];
  });
}

function bindingOf(uri: string | undefined): Binding | undefined {
  return (Object.keys(BINDINGS) as Binding[]).find((binding) => BINDINGS[binding] === uri);
}

type Shown = Pick<ServiceProvider, 'displayName' | 'description' | 'informationUrl' | 'privacyStatementUrl'>;

/** What is shown of it (SAML metadata extensions for login and discovery user interface). */
function shownOf(entity: Element, role: Element): Shown {
  const ui = extensionsOf(role, NS.mdui, 'UIInfo');
  const texts = (name: string, keep?: (text: string) => boolean): LocalizedText | undefined =>
    localized(
      ui.flatMap((info) => childrenOf(info, NS.mdui, name)),
      keep,
    );
  const displayName = texts('DisplayName') ?? serviceNameOf(role) ?? organizationOf(entity, role);
  const description = texts('Description');
  const informationUrl = texts('InformationURL', isWebAddress);
  const privacyStatementUrl = texts('PrivacyStatementURL', isWebAddress);
  return {
    ...(displayName && { displayName }),
    ...(description && { description }),
    ...(informationUrl && { informationUrl }),
    ...(privacyStatementUrl && { privacyStatementUrl }),
  };
}

function serviceNameOf(role: Element): LocalizedText | undefined {
  return localized(
    childrenOf(role, NS.md, 'AttributeConsumingService')
      .slice(0, 1)
      .flatMap((service) => childrenOf(service, NS.md, 'ServiceName')),
  );
}

function organizationOf(entity: Element, role: Element): LocalizedText | undefined {
  const organization = role.child(NS.md, 'Organization') ?? entity.child(NS.md, 'Organization');
  return localized(organization?.children(NS.md, 'OrganizationDisplayName') ?? []);
}

function attributeServicesOf(role: Element): ServiceProvider['attributeConsumingServices'] {
  const services = bounded(childrenOf(role, NS.md, 'AttributeConsumingService'), 50, 'AttributeConsumingServices');
  const found = services.map((service) => ({
    index: indexOf(service),
    isDefault: flag(service, 'isDefault'),
    attributes: bounded(
      childrenOf(service, NS.md, 'RequestedAttribute'),
      MOST_ATTRIBUTES,
      'requested attributes',
    ).flatMap(requestedOf),
  }));
  return indexed(found, 'AttributeConsumingServices');
}

function requestedOf(element: Element): ServiceProvider['attributeConsumingServices'][number]['attributes'][number][] {
  const name = element.attribute('Name')?.trim() ?? '';
  if (name === '') return [];
  const nameFormat = element.attribute('NameFormat')?.trim();
  const values = childrenOf(element, NS.saml, 'AttributeValue').filter((value) => value.children().length === 0);
  return [
    {
      name,
      ...(nameFormat !== undefined && { nameFormat }),
      required: flag(element, 'isRequired'),
      values: bounded(distinct(values), MOST_VALUES, 'values of an attribute'),
    },
  ];
}

/** Values of an entity attribute: of the entity's own, not of an assertion about it. */
function entityAttribute(entity: Element, name: string): string[] {
  const values = extensionsOf(entity, NS.mdattr, 'EntityAttributes')
    .flatMap((attributes) => childrenOf(attributes, NS.saml, 'Attribute'))
    .filter((attribute) => attribute.attribute('Name') === name)
    .flatMap((attribute) => childrenOf(attribute, NS.saml, 'AttributeValue'));
  return bounded(distinct(values), MOST_VALUES, 'values of an attribute');
}

/** Algorithms in its order; those of the role stand in place of the entity's (SAML metadata algorithm support, section 2.4). */
function methodsOf(entity: Element, role: Element, name: string): string[] {
  const own = extensionsOf(role, NS.alg, name);
  const found = own.length > 0 ? own : extensionsOf(entity, NS.alg, name);
  const algorithms = bounded(found, 50, 'algorithms').map((method) => method.attribute('Algorithm')?.trim() ?? '');
  return [...new Set(algorithms)].filter((algorithm) => algorithm !== '');
}

/** Entity ids are URIs of 1 to 1024 characters (saml-metadata section 2.2.1); none has white space or controls in it. */
export function entityIdOf(entity: Element): string {
  const id = entity.attribute('entityID') ?? '';
  if (id === '' || id.length > 1024) throw new MetadataFault('its entityID has not between 1 and 1024 characters');
  if (/[\s\p{C}]/u.test(id)) throw new MetadataFault('its entityID holds white space or controls');
  return id;
}

/** The role of a service provider for SAML 2.0. Others, as of identity providers, don't concern us. */
export function roleOf(entity: Element): Element | undefined {
  return entity
    .children(NS.md, 'SPSSODescriptor')
    .find((role) => role.attribute('protocolSupportEnumeration')?.split(/\s+/).includes(PROTOCOL));
}
