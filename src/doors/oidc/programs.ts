import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';

/** A program that asks again and again is told of once in so long, milliseconds. */
const QUIET = 600_000;
/** Programs and resources remembered at most. */
const MOST = 1_000;

/**
 * Tokens without a person (RFC 6749 section 4.4): for a resource alone, since nothing of ours answers such a token, and
 * with at least one scope that the resource gives this program. Who has had them is in the audit.
 */
export function recordPrograms(provider: Provider, { audit, now }: Pick<OidcPorts, 'audit' | 'now'>): void {
  const told = new Map<string, number>();
  const { ClientCredentials } = provider;
  const { save } = ClientCredentials.prototype;
  Object.assign(ClientCredentials.prototype, {
    async save(this: InstanceType<Provider['ClientCredentials']>) {
      if (this.resourceServer === undefined) throw new errors.InvalidTarget('a resource must be named');
      if (!this.scope)
        throw new errors.InvalidScope('no scope of the resource is given to this application', this.scope ?? '');
      return save.call(this);
    },
  });

  provider.on('grant.success', ({ oidc }: KoaContextWithOIDC) => {
    const { ClientCredentials: token } = oidc.entities;
    if (token === undefined) return;
    const facts = { application: token.clientId, resource: String(token.aud), scope: token.scope };
    const key = JSON.stringify(facts);
    const at = told.get(key);
    if (at !== undefined && now() - at < QUIET) return;
    told.delete(key);
    told.set(key, now());
    const [oldest] = told.keys();
    if (told.size > MOST && oldest !== undefined) told.delete(oldest);
    audit.note({ event: 'oidc.program', ...facts });
  });
}
