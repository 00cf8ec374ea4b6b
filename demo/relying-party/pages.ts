import { type Html, html } from '../shared/html.ts';
import * as shared from '../shared/pages.ts';
import type { DemoApplication } from './application.ts';
import type { SignedIn } from './sessions.ts';

export const homePage = (applications: readonly DemoApplication[]): string =>
  shared.homePage('Demo applications', 'Three applications that leave signing in to Sallyport.', applications);

/** `userinfo`: the answer to show below the claims. */
export function signedInPage(application: DemoApplication, session: SignedIn, userinfo?: object): string {
  const { id } = application;
  const { claims, accessTokenExpires, refreshToken, scope } = session;
  const known: [string, string | undefined][] = [
    ['sub', claims.sub],
    ['acr', claims.acr === undefined ? undefined : String(claims.acr)],
    ['amr', Array.isArray(claims.amr) ? claims.amr.join(' ') : undefined],
    ['auth_time', typeof claims.auth_time === 'number' ? time(claims.auth_time * 1000) : undefined],
    ['scope', scope],
    ['access token until', accessTokenExpires === undefined ? undefined : time(accessTokenExpires)],
    ['refresh token', refreshToken ? 'yes' : 'no'],
  ];
  return shared.signedInPage(
    application,
    called(claims),
    html`${shared.facts(known)}
      <div class="actions">
        ${button(id, 'refresh', 'Refresh token')} ${button(id, 'userinfo', 'Userinfo')}
        <a class="button quiet" href="${stepUp(id)}">Step up</a>
        <a class="button quiet" href="${stepUp(id)}&amp;max_age=0">Step up, afresh</a>
        <a class="button quiet" href="/${id}/login?prompt=login">Sign in again</a>
        ${button(id, 'logout', 'Sign out')}
      </div>
      ${userinfo ? html`<h2>Userinfo</h2><pre tabindex="0">${JSON.stringify(userinfo, null, 2)}</pre>` : ''}
      <h2>ID token</h2>
      <pre tabindex="0">${JSON.stringify(claims, null, 2)}</pre>`,
  );
}

/** Essential: the issuer must answer with it or with an error, never with less (OpenID Connect Core, section 5.5.1.1). */
function stepUp(id: string): string {
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [shared.MFA] } } });
  return `/${id}/login?${new URLSearchParams({ acr_values: shared.MFA, claims })}`;
}

function button(id: string, action: string, label: string): Html {
  return html`<form method="post" action="/${id}/${action}"><button class="quiet">${label}</button></form>`;
}

function called({ sub, name, preferred_username }: SignedIn['claims']): string {
  if (typeof name === 'string') return name;
  return typeof preferred_username === 'string' ? preferred_username : sub;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
