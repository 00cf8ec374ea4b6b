import type { EphemeralStore } from '../../core/store.ts';
import type { Asker, Strangers } from '../../core/strangers.ts';
import { type Fault, SamlFault } from '../errors.ts';
import type { Departure } from '../gate/departures.ts';
import { createGate, type Inbound } from '../gate/gate.ts';
import type { SamlMessage, ServiceProvider } from '../model.ts';
import type { Identity } from './identity.ts';
import { ENDPOINTS, NOW, post, type RedirectOptions, redirect, SP, soap } from './messages.ts';
import { type Party, party, seenStore } from './parties.ts';

/** Forms in which a message arrives, at the address of its kind. */
const endpointOf = (xml: string): string => (xml.includes('AuthnRequest') ? ENDPOINTS.sso : ENDPOINTS.slo);
const KINDS = ['AuthnRequest', 'LogoutRequest', 'LogoutResponse'] as const;

/** Who brings a message. */
export const BY: Asker = { browser: { ip: '198.51.100.1', networks: [], reference: 'R' } };

export const byRedirect = (xml: string, options?: RedirectOptions): Inbound => ({
  binding: 'redirect',
  kinds: KINDS,
  endpoint: endpointOf(xml),
  query: redirect(xml, options),
  by: BY,
});

export const byPost = (xml: string, relayState?: string): Inbound => ({
  binding: 'post',
  kinds: KINDS,
  endpoint: endpointOf(xml),
  body: post(xml, relayState),
  by: BY,
});

export const bySoap = (xml: string): Inbound => ({
  binding: 'soap',
  kinds: KINDS,
  endpoint: ENDPOINTS.slo,
  body: soap(xml),
});

export interface EntranceOptions {
  provider?: Partial<ServiceProvider>;
  requireSigned?: boolean;
  allowed?: readonly Departure[];
  store?: Pick<EphemeralStore, 'add'>;
  admit?: Strangers['admit'];
  /** Other service providers that may sign in. */
  others?: readonly Party[];
}

/** A gate in front of one service provider, with a clock to be set. */
export function entrance(signers: readonly Identity[], options: EntranceOptions = {}) {
  const clock = { now: NOW };
  const store = options.store ?? seenStore(() => clock.now);
  const parties = [party(signers, options.provider), ...(options.others ?? [])];
  const gate = createGate<Party>({
    now: () => clock.now,
    ephemeral: store,
    strangers: { admit: options.admit ?? (async () => {}) },
    party: async (entityId) => parties.find(({ provider }) => provider.entityId === entityId),
    absent: () => undefined,
    skew: 90_000,
    requireSigned: () => options.requireSigned ?? false,
    allowed: () => options.allowed ?? [],
    setting: ({ application }, departure) => `applications.${application}.saml.allow: [${departure}]`,
  });
  return {
    clock,
    store,
    gate,
    receive: async (inbound: Inbound): Promise<SamlMessage> => (await gate.receive(inbound)).message,
    /** Fault of a message, `passed` where there is none; anything but a SamlFault is thrown on. */
    fault: async (inbound: Inbound): Promise<Fault | 'passed'> => {
      try {
        await gate.receive(inbound);
        return 'passed';
      } catch (error) {
        if (error instanceof SamlFault) return error.fault;
        throw error;
      }
    },
  };
}

/** Another service provider of the same gateway. */
export const otherParty = (signers: readonly Identity[]): Party => ({
  ...party(signers, { entityId: `${SP}/other` }),
  application: 'other',
});
