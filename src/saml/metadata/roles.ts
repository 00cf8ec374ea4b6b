import type { Entities, Role } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { identityProviderOf } from './identity-provider.ts';
import { PROTOCOL } from './names.ts';
import { providerOf } from './provider.ts';

type Reader<R extends Role> = (entity: Element, role: Element, entityId: string, validUntil?: number) => Entities[R];

/** How an entity is read in each role: the name of its descriptor, and what is made of it. */
export const ROLES: { readonly [R in Role]: { descriptor: string; read: Reader<R> } } = {
  sp: { descriptor: 'SPSSODescriptor', read: providerOf },
  idp: { descriptor: 'IDPSSODescriptor', read: identityProviderOf },
};

/** The descriptor of a role for SAML 2.0. Entities without one don't concern whoever asks. */
export function roleOf(entity: Element, role: Role): Element | undefined {
  return entity
    .children(NS.md, ROLES[role].descriptor)
    .find((it) => it.attribute('protocolSupportEnumeration')?.split(/\s+/).includes(PROTOCOL));
}
