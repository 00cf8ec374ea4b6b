import type { LocalizedText } from '../../core/account.ts';
import { BINDINGS, type ServiceProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { keysOf } from './certificates.ts';
import { entityAttribute, logoOf, logoutsOf, MOST_SERVICES, MOST_VALUES, methodsOf, shownOf } from './entity.ts';
import { MetadataFault } from './fault.ts';
import { isEndpoint } from './locations.ts';
import { ENTITY_CATEGORY, SUBJECT_ID_REQUIREMENT } from './names.ts';
import { bounded, childrenOf, distinct, flag, indexed, indexOf } from './read.ts';
import { localized } from './texts.ts';

const MOST_ATTRIBUTES = 500;

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
    ...shownOf(entity, role, serviceNameOf(role)),
    ...logoOf(role),
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

function serviceNameOf(role: Element): LocalizedText | undefined {
  return localized(
    childrenOf(role, NS.md, 'AttributeConsumingService')
      .slice(0, 1)
      .flatMap((service) => childrenOf(service, NS.md, 'ServiceName')),
  );
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
