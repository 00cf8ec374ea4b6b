import type { LocalizedText } from '../../core/account.ts';
import { BINDINGS, type Binding, type IdentityProvider, type ServiceProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { MetadataFault } from './fault.ts';
import { isEndpoint } from './locations.ts';
import { bounded, childrenOf, distinct, extensionsOf, textOf } from './read.ts';
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
  const texts = (name: string, keep?: (text: string) => boolean): LocalizedText | undefined =>
    localized(uiOf(role, name), keep);
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

/** Elements of `mdui:UIInfo` (SAML metadata extensions for login and discovery user interface, section 2.1). */
export const uiOf = (role: Element, name: string): Element[] =>
  extensionsOf(role, NS.mdui, 'UIInfo').flatMap((info) => childrenOf(info, NS.mdui, name));

/** `mdui:Logo` in document order: addresses that nobody has looked at. */
export function logosOf(role: Element): IdentityProvider['logos'] {
  return uiOf(role, 'Logo')
    .slice(0, 20)
    .flatMap((it) => {
      const url = textOf(it);
      const language = it.attribute('lang', NS.xml);
      const size = (name: string) => Number(/^\d{1,5}$/.exec(it.attribute(name)?.trim() ?? '')?.[0] ?? 0);
      const sizes = { width: size('width'), height: size('height') };
      return isWebAddress(url) ? [{ url, ...sizes, ...(language !== undefined && { language }) }] : [];
    });
}

/** What a small picture is best made of: the one nearest to as wide as high, of those the smallest that isn't tiny. */
export function logoOf(role: Element): { logo?: string } {
  const usable = logosOf(role).filter(({ url, width, height }) => url.startsWith('https:') && width > 0 && height > 0);
  const wide = ({ width, height }: { width: number; height: number }) => Math.abs(Math.log(width / height));
  const small = ({ height }: { height: number }) => (height < 32 ? 10_000 - height : height);
  const [best] = usable.sort((a, b) => wide(a) - wide(b) || small(a) - small(b));
  return best === undefined ? {} : { logo: best.url };
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
