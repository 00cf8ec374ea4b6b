import type { Application } from '../../../core/application.ts';
import type { OidcApplication } from '../application.ts';
import { demandsOf } from '../demands.ts';

/**
 * The settings of an application that has the code flow as it stands (OpenID Connect Core section 3.1), with PKCE:
 * nothing of it is pushed, signed or bound, nothing has to be asked about by default, and the institution has decided
 * what it gets.
 */
export function plainSettings(application: Application | undefined): OidcApplication | undefined {
  if (application?.door !== 'oidc' || application.internal) return undefined;
  if (application.consent !== 'institution' || application.released !== undefined) return undefined;
  const settings = application.settings as OidcApplication;
  const { fapi, pushed, senderConstraint } = demandsOf(settings);
  const { applicationType, signedResponses, requireSignedRequestObject, defaultMaxAge, defaultAcrValues } = settings;
  const bound = fapi || pushed || senderConstraint !== undefined || signedResponses || requireSignedRequestObject;
  const asks = defaultMaxAge !== undefined || defaultAcrValues !== undefined || applicationType !== 'web';
  return bound || asks || !settings.grants.includes('authorization_code') ? undefined : settings;
}
