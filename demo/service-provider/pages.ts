import { type Html, html, page } from '../shared/html.ts';
import type { DemoServiceProvider, ServiceProviderError } from './application.ts';
import type { SignedIn } from './sessions.ts';

const MFA = 'https://refeds.org/profile/mfa';
/** Attributes by which a person may be called, the best first: displayName, cn, mail. */
const NAMES = ['urn:oid:2.16.840.1.113730.3.1.241', 'urn:oid:2.5.4.3', 'urn:oid:0.9.2342.19200300.100.1.3'];

export function homePage(applications: readonly DemoServiceProvider[]): string {
  const cards = applications.map(
    ({ id, names, asks }) => html`<li class="card"><h2><a href="/${id}">${names.en}</a></h2><p>${asks}</p></li>`,
  );
  return page(
    'Demo applications',
    html`<h1>Demo applications, by SAML</h1>
      <p>Three service providers that leave signing in to Sallyport. Each asks for something else; sign in to one, then try another.</p>
      <ul class="cards">${cards}</ul>`,
  );
}

export function signedOutPage({ id, names, asks }: DemoServiceProvider, notice?: string): string {
  return page(
    names.en,
    html`<h1>${names.en}</h1>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
      <p>${asks}</p>
      <p><a class="button" href="/${id}/login">Sign in</a></p>`,
  );
}

export function signedInPage({ id, names, asks }: DemoServiceProvider, signedIn: SignedIn): string {
  const { nameId, attributes } = signedIn;
  const facts: [string, string | undefined][] = [
    ['Issuer', signedIn.issuer],
    ['NameID', nameId.value],
    ['Format', nameId.format],
    ['AuthnContextClassRef', signedIn.authnContextClassRef],
    ['AuthnInstant', signedIn.authnInstant],
    ['SessionIndex', signedIn.sessionIndex],
    ['SessionNotOnOrAfter', signedIn.sessionNotOnOrAfter],
    ['encrypted', signedIn.encrypted ? 'yes' : 'no'],
  ];
  const released = Object.entries(attributes).map(([name, values]): [string, string] => [name, values.join(', ')]);
  return page(
    names.en,
    html`<h1>${names.en}</h1>
      <p>You are signed in as <strong id="who">${called(signedIn)}</strong>. ${asks}</p>
      ${list(facts)}
      <div class="actions">
        <a class="button quiet" href="/${id}/login?${new URLSearchParams({ acr: MFA }).toString()}">Step up</a>
        <a class="button quiet" href="/${id}/login?force=1">Sign in again</a>
        <form method="post" action="/${id}/logout"><button class="quiet">Sign out</button></form>
      </div>
      <h2>Attributes</h2>
      ${released.length > 0 ? list(released) : html`<p>None were released.</p>`}`,
  );
}

/** Goes on by POST: without script, so that the page may forbid it. */
export function postPage(
  { names }: DemoServiceProvider,
  action: string,
  fields: Readonly<Record<string, string>>,
): string {
  return page(
    names.en,
    html`<h1>${names.en}</h1>
      <form method="post" action="${action}">
        ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
        <button>Continue to sign in</button>
      </form>`,
  );
}

export function errorPage(error: ServiceProviderError, application?: DemoServiceProvider): string {
  return page(
    application?.names.en ?? 'Demo applications',
    html`<h1>That didn't work</h1>
      <p class="notice" role="alert"><code id="error">${error.error}</code><br><span id="error-description">${error.message}</span></p>
      <p><a class="button" href="/${application?.id ?? ''}">Back</a></p>`,
  );
}

function list(facts: readonly [string, string | undefined][]): Html {
  return html`<dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value ?? 'not stated'}</dd></div>`)}</dl>`;
}

function called({ attributes, nameId }: SignedIn): string {
  return NAMES.flatMap((name) => attributes[name] ?? [])[0] ?? nameId.value;
}
