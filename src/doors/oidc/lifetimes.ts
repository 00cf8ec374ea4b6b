import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { OidcSettings } from './application.ts';
import { LIFE } from './backchannel/asking.ts';
import { settingsOf } from './clients.ts';
import { endOf } from './evaluation.ts';
import type { OidcPorts } from './ports.ts';
import { lifeLeft, seconds } from './sessions.ts';

/** How long each of oidc-provider's records lives: seconds. */
export function lifetimes({ lifetimes }: OidcSettings, ports: OidcPorts): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: (ctx, token) =>
      withinGrant(ports, endOfGrant(ctx), token.resourceServer?.accessTokenTTL ?? seconds(lifetimes.accessToken)),
    AuthorizationCode: 60,
    BackchannelAuthenticationRequest: (ctx) => Math.min(Number(ctx?.oidc?.params?.requested_expiry ?? LIFE), LIFE),
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? seconds(lifetimes.accessToken),
    DeviceCode: seconds(lifetimes.deviceCode),
    Grant: (ctx, grant) => {
      const usual = (settingsOf(ports, grant.clientId).reauthenticate ?? 0) + ports.sessions.lifetime;
      return seconds(Math.min(usual, (endOf(ctx) ?? Number.POSITIVE_INFINITY) - ports.now()));
    },
    IdToken: (ctx) => withinGrant(ports, endOfGrant(ctx), seconds(lifetimes.idToken)),
    Interaction: seconds(lifetimes.signIn),
    // Absolute from the first one on: rotation never prolongs it.
    RefreshToken: (_ctx, token) => {
      const end = (token.iiat ?? seconds(ports.now())) + seconds(settingsOf(ports, token.clientId).reauthenticate ?? 0);
      return Math.max(1, end - seconds(ports.now()));
    },
    Session: (_ctx, it) => lifeLeft(ports, it).idle,
  };
}

const endOfGrant = ({ oidc }: KoaContextWithOIDC): number | undefined => oidc.entities.Grant?.exp;

/** A JWT is good wherever it is: it must not say that it lives longer than the grant that it was issued under. */
export function withinGrant({ now }: Pick<OidcPorts, 'now'>, end: number | undefined, usual: number): number {
  return end === undefined ? usual : Math.max(1, Math.min(usual, end - Math.floor(now() / 1000)));
}
