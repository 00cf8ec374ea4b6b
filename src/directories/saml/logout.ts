import type { HouseAnswer, HouseCall, HouseRoute } from '../../core/house.ts';
import type { EphemeralStore } from '../../core/store.ts';
import {
  type Binding,
  createGate,
  createLogoutWriter,
  type IdentityProvider,
  type LogoutRequest,
  type NameId,
  type Outgoing,
  SamlFault,
  STATUSES,
  type Status,
  signerFor,
} from '../../saml/index.ts';
import type { Own, OwnKeys } from './own.ts';
import { isUnmistakable, sessionNamed, sessionOf } from './session.ts';
import type { Settings } from './settings.ts';

/** What a logout from the provider needs. */
export interface LogoutNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  own: Own;
  settings: Settings;
  keys(): Promise<OwnKeys>;
  /** Of those that people may come from. */
  provider(entityId: string): Promise<IdentityProvider | undefined>;
  ephemeral: Pick<EphemeralStore, 'add'>;
  /** Whom a name identifier means; undefined where people are known by something else. */
  keyOfName(nameId: NameId, issuer: string): string | undefined;
  /** Whose session was given this name at the sign-in. */
  keyOfSession(session: string): Promise<string | undefined>;
  log: { warn(fields: object, message: string): void };
}

/** Bytes of a posted LogoutRequest: as at our own identity provider. */
const LONGEST = 160 * 1024;

/**
 * SingleLogoutService for requests of the provider (saml-profiles section 4.4): by redirect, form or SOAP, always
 * signed, found by what was kept at the sign-in and never by a cookie. It is told no more than that: what ends here goes
 * on to applications and not back. A session that is over already, as where two requests cross, ended well.
 */
export function logoutRoutes(needs: LogoutNeeds): HouseRoute[] {
  const { now, own, settings } = needs;
  const write = createLogoutWriter({ entityId: own.entityId, now, random: needs.random });
  const gate = createGate<{ provider: IdentityProvider }>({
    ...{ now, ephemeral: needs.ephemeral, skew: settings.skew },
    strangers: { admit: async () => {} },
    async party(entityId) {
      const provider = await needs.provider(entityId);
      return provider && { provider };
    },
    absent: () => undefined,
    requireSigned: () => true,
    allowed: () => [],
    setting: () => 'nothing',
  });

  async function taken(binding: Binding, { raw, end }: HouseCall): Promise<HouseAnswer> {
    const inbound = binding === 'redirect' ? { query: raw } : { body: raw };
    const kinds = ['LogoutRequest'] as const;
    const { message, party } = await gate.receive({ binding, kinds, endpoint: own.logout, ...inbound });
    const request = message as LogoutRequest;
    const ends = await endsOf(request, party.provider.entityId);
    if (ends.length === 0) return answered(binding, request, party.provider, STATUSES.unknownPrincipal);
    let reached = true;
    for (const { one, ...ended } of ends)
      reached = (await end({ ...ended, id: JSON.stringify([request.id, one]) })).reached && reached;
    return answered(binding, request, party.provider, reached ? STATUSES.success : STATUSES.partialLogout);
  }

  /** Whose session each is; none where that isn't known. */
  async function endsOf({ sessionIndexes, nameId }: LogoutRequest, issuer: string) {
    const whose = needs.keyOfName(nameId, issuer);
    if (sessionIndexes.length === 0) return whose === undefined ? [] : [{ key: whose, one: undefined }];
    const ends = sessionIndexes.map(async (one) => {
      const session = sessionNamed(one, issuer, settings);
      const key = whose ?? (await needs.keyOfSession(sessionOf(session, nameId)));
      if (key !== undefined) return [{ key, session, one }];
      // Entra's NameID isn't the one that it signed in with: what nobody else's session is called says whose.
      return isUnmistakable(one) ? [{ session, one }] : [];
    });
    return (await Promise.all(ends)).flat();
  }

  async function answered(
    binding: Binding,
    { id, relayState }: LogoutRequest,
    provider: IdentityProvider,
    status: Status,
  ): Promise<HouseAnswer> {
    const service = provider.singleLogoutServices.find((it) => it.binding === binding);
    const destination = service?.responseLocation ?? service?.location;
    if (destination === undefined && binding !== 'soap') return { type: 'text/plain', text: 'Signed out.\n' };
    return told(
      write.response({
        ...{ binding, destination: destination ?? provider.entityId, relayState, inResponseTo: id },
        status,
        signer: signerFor((await needs.keys()).signing, provider, settings.algorithm, settings.algorithm),
      }),
      destination ?? '',
    );
  }

  /** What a stranger sent is told apart for the log alone. */
  const route = (method: HouseRoute['method'], bindingOf: (call: HouseCall) => Binding): HouseRoute => ({
    ...{ method, path: '/logout', longest: LONGEST },
    async handle(call) {
      // An answer to a request that somebody's own wish sent there: it changes nothing here, and leads nowhere else.
      if (/(?:^|&)SAMLResponse=/.test(call.raw)) return { redirect: own.signedOut };
      try {
        return await taken(bindingOf(call), call);
      } catch (error) {
        if (!(error instanceof SamlFault)) throw error;
        needs.log.warn({ fault: error.fault, detail: error.message, path: own.logout }, 'LogoutRequest refused');
        return { status: 400, type: 'text/plain', text: 'This request can’t be accepted.\n' };
      }
    },
  });

  return [
    route('GET', () => 'redirect'),
    route('POST', ({ type = '' }) => (type.startsWith('text/xml') ? 'soap' : 'post')),
  ];
}

/** A message as the browser brings it. */
export function told(message: Outgoing, action: string): HouseAnswer {
  if (message.binding === 'redirect') return { redirect: message.location };
  if (message.binding === 'soap') return { type: 'text/xml', text: message.xml };
  const { parameter, xml, relayState } = message;
  const fields = { [parameter]: Buffer.from(xml).toString('base64'), ...(relayState && { RelayState: relayState }) };
  return { form: { action, fields } };
}
