import type { ApplicationError } from './error.ts';
import { type Html, html, page } from './html.ts';

const TITLE = 'Demo applications';

/** The class that stepping up asks for. */
export const MFA = 'https://refeds.org/profile/mfa';

/** An application as pages show it. */
export interface Shown {
  /** Path segment. */
  id: string;
  name: string;
  /** What its policy asks, in words. */
  asks: string;
}

export function homePage(heading: string, lead: string, applications: readonly Shown[]): string {
  const cards = applications.map(
    ({ id, name, asks }) => html`<li class="card"><h2><a href="/${id}">${name}</a></h2><p>${asks}</p></li>`,
  );
  return page(
    TITLE,
    html`<h1>${heading}</h1>
      <p>${lead} Each asks for something else; sign in to one, then try another.</p>
      <ul class="cards">${cards}</ul>`,
  );
}

export function signedOutPage({ id, name, asks }: Shown, notice?: string): string {
  return page(
    name,
    html`<h1>${name}</h1>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
      <p>${asks}</p>
      <p><a class="button" href="/${id}/login">Sign in</a></p>`,
  );
}

/** `who`: what the person is called; `more`: what else is known, and can be done. */
export function signedInPage({ name, asks }: Shown, who: string, more: Html): string {
  return page(
    name,
    html`<h1>${name}</h1>
      <p>You are signed in as <strong id="who">${who}</strong>. ${asks}</p>
      ${more}`,
  );
}

export function errorPage(error: ApplicationError, application?: Shown): string {
  return page(
    application?.name ?? TITLE,
    html`<h1>That didn't work</h1>
      <p class="notice" role="alert"><code id="error">${error.error}</code><br><span id="error-description">${error.message}</span></p>
      <p><a class="button" href="/${application?.id ?? ''}">Back</a></p>`,
  );
}

/** Facts by their names. */
export function facts(known: readonly (readonly [term: string, value: string | undefined])[]): Html {
  return html`<dl>${known.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value ?? 'not stated'}</dd></div>`)}</dl>`;
}
