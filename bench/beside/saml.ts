import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { authnRequest, redirect } from '../../src/saml/testing/messages.ts';
import type { Tree } from '../../test/support/configuration.ts';
import type { Ask, Flow } from './flows.ts';

/** Service providers that get one signature, and both; nobody listens there. */
const SITES = { one: 'assertion', both: 'both' } as const;
type Site = keyof typeof SITES;
const SIGNATURES: Readonly<Record<Site, string>> = {
  one: 'SAML, session there, one signature',
  both: 'SAML, session there, both signatures',
};

/** Signs the requests of every service provider. */
const signer = await createIdentity();

const entityOf = (site: Site): string => `http://127.0.0.1:9/${site}`;

export function metadata(entity: string, { certificate }: Identity): string {
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entity}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${entity}/acs" index="0"/>
</md:SPSSODescriptor></md:EntityDescriptor>`;
}

export const samlSites = Object.keys(SITES) as Site[];

/** Their metadata, by the name of a file. */
export const samlFiles: Readonly<Record<string, string>> = Object.fromEntries(
  samlSites.map((site) => [`${site}.xml`, metadata(entityOf(site), signer)]),
);

export const samlApplications: Tree = Object.fromEntries(
  Object.entries(SITES).map(([site, sign]) => [
    site,
    { name: site, saml: { metadata: { file: `${site}.xml` }, encrypt: 'never', sign } },
  ]),
);

/** From a signed AuthnRequest to the signed Response, with a session that satisfies policy. */
export function samlFlows(url: string, cookie: string, ask: Ask): Record<string, Flow> {
  const visit =
    (site: Site): Flow =>
    async () => {
      const xml = authnRequest({ issuer: entityOf(site), instant: Date.now(), destination: `${url}/saml/sso` });
      const { status, body } = await ask(`${url}/saml/sso?${redirect(xml, { signer })}`, { cookie });
      if (!body.includes('SAMLResponse')) throw new Error(`no response: ${status} ${body}`);
    };
  return Object.fromEntries(samlSites.map((site) => [SIGNATURES[site], visit(site)]));
}
