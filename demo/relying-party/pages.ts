import { type Html, html, page } from '../shared/html.ts';
import type { DemoApplication, RelyingPartyError } from './application.ts';
import type { SignedIn } from './sessions.ts';

const MFA = 'https://refeds.org/profile/mfa';

export function homePage(applications: readonly DemoApplication[]): string {
  const cards = applications.map(
    ({ id, name, asks }) => html`<li class="card"><h2><a href="/${id}">${name}</a></h2><p>${asks}</p></li>`,
  );
  return page(
    'Demo applications',
    html`<h1>Demo applications</h1>
      <p>Three applications that leave signing in to Sallyport. Each asks for something else; sign in to one, then try another.</p>
      <ul class="cards">${cards}</ul>`,
  );
}

export function signedOutPage({ id, name, asks }: DemoApplication, notice?: string): string {
  return page(
    name,
    html`<h1>${name}</h1>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
      <p>${asks}</p>
      <p><a class="button" href="/${id}/login">Sign in</a></p>`,
  );
}

/** `userinfo`: the answer to show below the claims. */
export function signedInPage({ id, name, asks }: DemoApplication, session: SignedIn, userinfo?: object): string {
  const { claims, accessTokenExpires, refreshToken, scope } = session;
  const facts: [string, string][] = [
    ['sub', claims.sub],
    ['acr', claims.acr === undefined ? 'not stated' : String(claims.acr)],
    ['amr', Array.isArray(claims.amr) ? claims.amr.join(' ') : 'not stated'],
    ['auth_time', typeof claims.auth_time === 'number' ? time(claims.auth_time * 1000) : 'not stated'],
    ['scope', scope ?? 'not stated'],
    ['access token until', accessTokenExpires === undefined ? 'not stated' : time(accessTokenExpires)],
    ['refresh token', refreshToken ? 'yes' : 'no'],
  ];
  return page(
    name,
    html`<h1>${name}</h1>
      <p>You are signed in as <strong id="who">${called(claims)}</strong>. ${asks}</p>
      <dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
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

export function errorPage(error: RelyingPartyError, application?: DemoApplication): string {
  return page(
    application?.name ?? 'Demo applications',
    html`<h1>That didn't work</h1>
      <p class="notice" role="alert"><code id="error">${error.error}</code><br><span id="error-description">${error.message}</span></p>
      <p><a class="button" href="/${application?.id ?? ''}">Back</a></p>`,
  );
}

/** Essential: the issuer must answer with it or with an error, never with less (OpenID Connect Core, section 5.5.1.1). */
function stepUp(id: string): string {
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [MFA] } } });
  return `/${id}/login?${new URLSearchParams({ acr_values: MFA, claims })}`;
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
