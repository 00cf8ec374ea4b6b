import type { EphemeralStore } from '../../core/store.ts';
import type { ServiceProvider } from '../model.ts';
import type { Identity } from './identity.ts';
import { SP } from './messages.ts';

/** A service provider, and the application that it stands for. */
export interface Party {
  application: string;
  provider: ServiceProvider;
}

/** A service provider that has signing certificates and promises nothing, unless `more` says otherwise. */
export function serviceProvider(signers: readonly Identity[], more: Partial<ServiceProvider> = {}): ServiceProvider {
  return {
    entityId: SP,
    assertionConsumerServices: [{ index: 0, location: 'https://sp.example.org/acs', isDefault: true }],
    singleLogoutServices: [],
    signingCertificates: signers.map(({ certificate }) => certificate),
    encryptionKeys: [],
    authnRequestsSigned: false,
    wantAssertionsSigned: false,
    nameIdFormats: [],
    entityCategories: [],
    attributeConsumingServices: [],
    signingMethods: [],
    digestMethods: [],
    ...more,
  };
}

export const party = (signers: readonly Identity[], more: Partial<ServiceProvider> = {}): Party => ({
  application: 'sp',
  provider: serviceProvider(signers, more),
});

/** What the gate needs of an ephemeral store, in memory; expiry by the clock given. */
export function seenStore(now: () => number): Pick<EphemeralStore, 'add'> & { keys: Map<string, number> } {
  const keys = new Map<string, number>();
  return {
    keys,
    async add(key, _value, ttl) {
      const until = keys.get(key);
      if (until !== undefined && until > now()) return false;
      keys.set(key, now() + ttl);
      return true;
    },
  };
}
