import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
// @ts-expect-error: no published type, and no other way to proofs for a grant of one's own.
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js';
import type { ClientCertificate } from '../../core/certificate.ts';
import { settingsOf } from './clients.ts';
import { demandsOf } from './demands.ts';
import type { OidcPorts } from './ports.ts';

interface Bound {
  setThumbprint(kind: 'jkt', thumbprint: string): void;
  setThumbprint(kind: 'x5t', certificate: ClientCertificate): void;
}

interface Proof {
  thumbprint: string;
}

/**
 * Binds a token to the key that its client shows, as oidc-provider's own grants do: by a DPoP proof (RFC 9449 section 5)
 * where one comes along, by its certificate (RFC 8705 section 3) where it is bound to that.
 *
 * @throws InvalidGrant where the application's tokens must be bound, and nothing is shown
 */
export async function bind(
  provider: Provider,
  ports: Pick<OidcPorts, 'applications' | 'certificate'>,
  ctx: KoaContextWithOIDC,
  token: Bound,
): Promise<void> {
  const id = String(ctx.oidc.client?.clientId);
  const { senderConstraint } = demandsOf(settingsOf(ports, id));
  const proof = (await validateDpop(provider, ctx)) as Proof | undefined;
  if (senderConstraint === 'dpop' && proof === undefined) throw new errors.InvalidGrant('DPoP proof JWT not provided');
  if (senderConstraint === 'mtls') {
    const certificate = ports.certificate(ctx.res);
    if (certificate === undefined) throw new errors.InvalidGrant('mutual TLS client certificate not provided');
    token.setThumbprint('x5t', certificate);
  }
  if (proof === undefined) return;
  await checkDpopReplay(provider, ctx, proof, id, errors.InvalidGrant);
  token.setThumbprint('jkt', proof.thumbprint);
}
