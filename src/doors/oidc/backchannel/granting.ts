import type { AdapterPayload, Grant, Provider } from 'oidc-provider';
import type { SignedIn } from '../../../core/journey.ts';
import type { ConsentRequest } from '../../../core/sign-in.ts';
import type { OidcSettings } from '../application.ts';
import { SCOPES } from '../claims.ts';
import { extend } from '../grants.ts';
import type { OidcPorts } from '../ports.ts';
import { newGrant, restOn } from '../resting.ts';

interface Parts {
  ports: Pick<OidcPorts, 'applications' | 'durable' | 'now'>;
  settings: Pick<OidcSettings, 'resources'>;
  provider(): Provider;
}

/**
 * What an approved request gives, resting on what the phone proved. Undefined where the application asks for consent and
 * its person hasn't given it before, in a browser: a phone shows no list of what is given.
 */
export async function grantFor(
  { ports, settings, provider }: Parts,
  payload: AdapterPayload,
  { account, proofs, expires }: SignedIn,
): Promise<Grant | undefined> {
  const client = String(payload.clientId);
  if (payload.accountId !== account.id) return undefined;
  const asked = askedBy(payload, settings);
  if ((await ports.applications.find(client))?.consent === 'ask') {
    const given = await ports.durable.consents.get(account.id, client);
    if (given === undefined || !covers(given, asked)) return undefined;
  }
  const grant = newGrant(provider(), client, account);
  restOn(grant, proofs);
  extend(grant, asked);
  if (expires !== undefined)
    Object.assign(grant, { expiresIn: Math.max(1, Math.floor((expires - ports.now()) / 1000)) });
  return grant;
}

function askedBy({ scope, claims, resource }: AdapterPayload, { resources }: Parts['settings']): ConsentRequest {
  const scopes = String(scope ?? '').split(' ');
  const named = (Array.isArray(resource) ? resource : [resource]).filter((it): it is string => typeof it === 'string');
  const { id_token, userinfo } = (claims ?? {}) as Record<'id_token' | 'userinfo', object | undefined>;
  return {
    scopes: scopes.filter((one) => SCOPES.includes(one)),
    claims: Object.keys({ ...id_token, ...userinfo }),
    resources: Object.fromEntries(
      named.map((one) => [one, scopes.filter((it) => resources[one]?.scopes.includes(it))]),
    ),
  };
}

function covers(given: ConsentRequest, asked: ConsentRequest): boolean {
  const all = (some: readonly string[], of: readonly string[] = []) => some.every((one) => of.includes(one));
  const resources = Object.entries(asked.resources).every(([one, scopes]) => all(scopes, given.resources[one]));
  return all(asked.scopes, given.scopes) && all(asked.claims, given.claims) && resources;
}
