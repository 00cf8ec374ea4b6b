import type { LocalizedText } from '../../core/account.ts';
import { BINDINGS, type Binding, type ServiceProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { MetadataFault } from './fault.ts';
import { isEndpoint } from './locations.ts';
import { bounded, childrenOf, distinct, extensionsOf } from './read.ts';
import { isWebAddress, localized } from './texts.ts';

/** What entities have in either role. */

export const MOST_SERVICES = 200;
export const MOST_VALUES = 200;

export function logoutsOf(role: Element): ServiceProvider['singleLogoutServices'] {
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

export function bindingOf(uri: string | undefined): Binding | undefined {
  return (Object.keys(BINDINGS) as Binding[]).find((binding) => BINDINGS[binding] === uri);
}

type Shown = Pick<ServiceProvider, 'displayName' | 'description' | 'informationUrl' | 'privacyStatementUrl'>;

/** What is shown of it; `named`: where it has no name of its own for that (SAML metadata extensions for login and discovery user interface). */
export function shownOf(entity: Element, role: Element, named?: LocalizedText): Shown {
  const ui = extensionsOf(role, NS.mdui, 'UIInfo');
  const texts = (name: string, keep?: (text: string) => boolean): LocalizedText | undefined =>
    localized(
      ui.flatMap((info) => childrenOf(info, NS.mdui, name)),
      keep,
    );
  const displayName = texts('DisplayName') ?? named ?? organizationOf(entity, role);
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

function organizationOf(entity: Element, role: Element): LocalizedText | undefined {
  const organization = role.child(NS.md, 'Organization') ?? entity.child(NS.md, 'Organization');
  return localized(organization?.children(NS.md, 'OrganizationDisplayName') ?? []);
}

/** Values of an entity attribute: of the entity's own, not of an assertion about it. */
export function entityAttribute(entity: Element, name: string): string[] {
  const values = extensionsOf(entity, NS.mdattr, 'EntityAttributes')
    .flatMap((attributes) => childrenOf(attributes, NS.saml, 'Attribute'))
    .filter((attribute) => attribute.attribute('Name') === name)
    .flatMap((attribute) => childrenOf(attribute, NS.saml, 'AttributeValue'));
  return bounded(distinct(values), MOST_VALUES, 'values of an attribute');
}

/** Algorithms in its order; those of the role stand in place of the entity's (SAML metadata algorithm support, section 2.4). */
export function methodsOf(entity: Element, role: Element, name: string): string[] {
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
