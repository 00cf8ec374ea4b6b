import type { IdentityProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { keysOf } from './certificates.ts';
import {
  bindingOf,
  entityAttribute,
  logosOf,
  logoutsOf,
  MOST_SERVICES,
  MOST_VALUES,
  methodsOf,
  shownOf,
  uiOf,
} from './entity.ts';
import { MetadataFault } from './fault.ts';
import { isEndpoint } from './locations.ts';
import { ENTITY_CATEGORY } from './names.ts';
import { bounded, childrenOf, distinct, extensionsOf, flag, textOf } from './read.ts';

/**
 * An identity provider from its entity and role (saml-metadata section 2.4.3).
 *
 * @throws MetadataFault with the reason why it can't be used
 */
export function identityProviderOf(
  entity: Element,
  role: Element,
  entityId: string,
  validUntil?: number,
): IdentityProvider {
  const { signing } = keysOf(role);
  if (signing.length === 0) throw new MetadataFault('it has no key to check its signatures with');
  return {
    entityId,
    ...(validUntil !== undefined && { validUntil }),
    ...shownOf(entity, role),
    keywords: keywordsOf(role),
    logos: logosOf(role),
    singleSignOnServices: signOnsOf(role),
    singleLogoutServices: logoutsOf(role),
    signingCertificates: signing,
    wantAuthnRequestsSigned: flag(role, 'WantAuthnRequestsSigned'),
    nameIdFormats: bounded(distinct(childrenOf(role, NS.md, 'NameIDFormat')), 50, 'name identifier formats'),
    scopes: scopesOf(entity, role),
    entityCategories: entityAttribute(entity, ENTITY_CATEGORY),
    signingMethods: methodsOf(entity, role, 'SigningMethod'),
    digestMethods: methodsOf(entity, role, 'DigestMethod'),
  };
}

function signOnsOf(role: Element): IdentityProvider['singleSignOnServices'] {
  const services = bounded(childrenOf(role, NS.md, 'SingleSignOnService'), MOST_SERVICES, 'endpoints');
  const usable = services.flatMap((it) => {
    const binding = bindingOf(it.attribute('Binding'));
    const location = it.attribute('Location') ?? '';
    return (binding === 'redirect' || binding === 'post') && isEndpoint(location) ? [{ binding, location }] : [];
  });
  if (usable.length > 0) return usable;
  throw new MetadataFault('it has no SingleSignOnService for HTTP-Redirect or HTTP-POST at an https address');
}

/**
 * Scopes of the role and of the entity (shibmd). Regular expressions are left out: whoever writes one decides whose
 * names it takes, and how long that takes.
 */
function scopesOf(entity: Element, role: Element): string[] {
  const all = [...extensionsOf(role, NS.shibmd, 'Scope'), ...extensionsOf(entity, NS.shibmd, 'Scope')];
  const literal = all.filter((it) => !flag(it, 'regexp'));
  return bounded(distinct(literal), MOST_VALUES, 'scopes');
}

/** mdui:Keywords is a list with plus signs where a keyword has a blank (SAML metadata UI section 2.1.4). */
function keywordsOf(role: Element): string[] {
  const lists = uiOf(role, 'Keywords').flatMap((it) => textOf(it).split(/\s+/));
  const words = lists.map((word) => word.replaceAll('+', ' ').trim()).filter(Boolean);
  return [...new Set(words)].slice(0, MOST_VALUES);
}
