import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';

/** Answers with a page of ours. */
export function show(
  { render }: Pick<OidcPorts, 'render'>,
  ctx: KoaContextWithOIDC,
  name: string,
  model: Record<string, unknown>,
  status = 200,
): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = render.page(ctx.res, name, model, status);
}

/** What a page says of the application that asks. */
export function nameOf({ applications }: Pick<OidcPorts, 'applications'>, ctx: KoaContextWithOIDC) {
  const application = applications.get(ctx.oidc.client?.clientId ?? '');
  return application && { application: application.name, homepage: application.homepage };
}
