import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { OidcSettings } from './application.ts';
import type { OidcPorts } from './ports.ts';

type Context = KoaContextWithOIDC['oidc'] & { ctx: KoaContextWithOIDC };

/**
 * A program that came by the name at which it is asked for a certificate signs that name in its proofs of a key (RFC 9449
 * section 4.3, `htu`). Only the endpoint that it calls has it: all else that is answered is at the issuer.
 */
export function nameEndpoints(
  provider: Provider,
  { programsAt }: Pick<OidcSettings, 'programsAt'>,
  { byProgramHost }: Pick<OidcPorts, 'byProgramHost'>,
): void {
  if (programsAt === undefined) return;
  // The published types lack the class.
  const { prototype } = (provider as unknown as { OIDCContext: { prototype: Context } }).OIDCContext;
  const { urlFor } = prototype;
  prototype.urlFor = function named(this: Context, name, options) {
    const url = urlFor.call(this, name, options);
    return name === this.route && byProgramHost(this.ctx.res) ? `${programsAt}${new URL(url).pathname}` : url;
  };
}
