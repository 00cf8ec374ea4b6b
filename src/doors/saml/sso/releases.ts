import type { ServiceProvider } from '../../../saml/index.ts';
import type { Party } from '../party.ts';
import type { AttributeTable } from '../response/attribute-table.ts';
import { type Released, releasedTo } from '../response/release.ts';
import type { SamlApplication } from '../settings.ts';

/** What service providers are given. */
export interface Releases {
  /** By the service that a request names, if it names one. */
  to(party: Party, index?: number): Released[];
  /** Names of the attributes that it may be given, whichever of its services and names a request asks for. */
  names(party: Party): string[];
}

export function createReleases(settingsOf: (party: Party) => SamlApplication, table: AttributeTable): Releases {
  const released = oncePerProvider((party, index) => releasedTo(party.provider, settingsOf(party), table, index));
  return {
    to: released,
    names(party) {
      const services = party.provider.attributeConsumingServices.map(({ index }) => index);
      const found = [undefined, ...services].flatMap((index) => released(party, index).map(({ name }) => name));
      return [...new Set([...found, ...namedBy(settingsOf(party))])];
    },
  };
}

type Releasing = (party: Party, index?: number) => Released[];

/** Settings don't change, and other metadata is another object: what is released is found out once for each. */
function oncePerProvider(release: Releasing): Releasing {
  const known = new WeakMap<ServiceProvider, Map<number | undefined, Released[]>>();
  return (party, index) => {
    const named = party.provider.attributeConsumingServices.some((service) => service.index === index);
    // A request may name any number; those that aren't there come to the same.
    const service = named ? index : undefined;
    const ofProvider = known.get(party.provider) ?? new Map<number | undefined, Released[]>();
    known.set(party.provider, ofProvider);
    const found = ofProvider.get(service) ?? release(party, service);
    ofProvider.set(service, found);
    return found;
  };
}

/** FriendlyNames of the address and the user name. */
export const MAIL = 'mail';
export const USER_NAME = 'uid';

/** Attributes that a NameID tells, whoever asks for it. */
function namedBy({ nameId, nameIdFrom = USER_NAME }: SamlApplication): string[] {
  if (nameId === 'unspecified') return [nameIdFrom];
  return nameId === 'emailAddress' ? [MAIL] : [];
}
