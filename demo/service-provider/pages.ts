import { html, page } from '../shared/html.ts';
import * as shared from '../shared/pages.ts';
import type { DemoServiceProvider } from './application.ts';
import type { SignedIn } from './sessions.ts';

/** Attributes by which a person may be called, the best first: displayName, cn, mail. */
const NAMES = ['urn:oid:2.16.840.1.113730.3.1.241', 'urn:oid:2.5.4.3', 'urn:oid:0.9.2342.19200300.100.1.3'];

export function shown({ id, names, asks }: DemoServiceProvider): shared.Shown {
  return { id, name: names.en, asks };
}

export function homePage(applications: readonly DemoServiceProvider[]): string {
  const lead = 'Three service providers that leave signing in to Sallyport.';
  return shared.homePage('Demo applications, by SAML', lead, applications.map(shown));
}

export function signedInPage(application: DemoServiceProvider, signedIn: SignedIn): string {
  const { id } = application;
  const { nameId, attributes } = signedIn;
  const known: [string, string | undefined][] = [
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
  return shared.signedInPage(
    shown(application),
    called(signedIn),
    html`${shared.facts(known)}
      <div class="actions">
        <a class="button quiet" href="/${id}/login?${new URLSearchParams({ acr: shared.MFA }).toString()}">Step up</a>
        <a class="button quiet" href="/${id}/login?force=1">Sign in again</a>
        <form method="post" action="/${id}/logout"><button class="quiet">Sign out</button></form>
      </div>
      <h2>Attributes</h2>
      ${released.length > 0 ? shared.facts(released) : html`<p>None were released.</p>`}`,
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

function called({ attributes, nameId }: SignedIn): string {
  return NAMES.flatMap((name) => attributes[name] ?? [])[0] ?? nameId.value;
}
