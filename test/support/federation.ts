import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { sign } from '../../src/saml/testing/messages.ts';
import { FakeIdentityProvider } from './identity-provider.ts';

/** What a federation's metadata says of one of its houses. */
export interface Member {
  entityId: string;
  certificate: string;
  sso: string;
  /** By language. */
  names: Readonly<Record<string, string>>;
  keywords?: string;
  scopes?: readonly string[];
  logo?: string;
  hidden?: boolean;
}

const NAMES =
  'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const HIDDEN =
  '<md:Extensions><mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category"><saml:AttributeValue>http://refeds.org/category/hide-from-discovery</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>';

function entityOf({ entityId, certificate, sso, names, keywords, scopes = [], logo, hidden }: Member): string {
  const texts = Object.entries(names).map(
    ([tag, name]) => `<mdui:DisplayName xml:lang="${tag}">${name}</mdui:DisplayName>`,
  );
  const words = keywords === undefined ? '' : `<mdui:Keywords xml:lang="en">${keywords}</mdui:Keywords>`;
  const picture = logo === undefined ? '' : `<mdui:Logo height="60" width="60">${logo}</mdui:Logo>`;
  const scoped = scopes.map((scope) => `<shibmd:Scope regexp="false">${scope}</shibmd:Scope>`).join('');
  return `<md:EntityDescriptor entityID="${entityId}">${hidden ? HIDDEN : ''}<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:Extensions>${scoped}<mdui:UIInfo>${texts.join('')}${words}${picture}</mdui:UIInfo></md:Extensions><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="${BINDING}" Location="${sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>`;
}

/** An aggregate, valid for a day, signed by the federation. */
export function aggregateOf(members: readonly Member[], signer: Identity, lasts = 86_400_000): string {
  const until = new Date(Date.now() + lasts).toISOString();
  const xml = `<md:EntitiesDescriptor ${NAMES} ID="_federation" validUntil="${until}">${members.map(entityOf).join('')}</md:EntitiesDescriptor>`;
  return sign(xml, signer, { element: 'EntitiesDescriptor' });
}

/** As many houses as are wanted, of which none answers. */
export function crowd(count: number, certificate: string): Member[] {
  return Array.from({ length: count }, (_, at) => ({
    entityId: `https://idp.house-${at}.example/saml`,
    ...{ certificate, sso: `https://idp.house-${at}.example/sso` },
    names: { en: `University of Town ${at}`, de: `Universität Stadt ${at}` },
    keywords: `town${at} campus+${at}`,
    scopes: [`house-${at}.example`],
  }));
}

/** A federation, two houses of which answer what a test has them say. */
export interface Federation {
  alpha: FakeIdentityProvider;
  beta: FakeIdentityProvider;
  signer: Identity;
  file: string;
  /** Settings of the directory that leads there. */
  directory: Record<string, unknown>;
  /** Address that answers come back to, and our entityID there. */
  acs: string;
  entityId: string;
  write(members: readonly Member[], lasts?: number): void;
  members: Member[];
  close(): void;
}

/** `gateway`: its address; `id`: the directory's. */
export async function startFederation(gateway: string, folder: string, id = 'federation'): Promise<Federation> {
  const [alpha, beta, signer] = [
    await FakeIdentityProvider.start(),
    await FakeIdentityProvider.start(),
    await createIdentity(),
  ];
  const file = join(folder, `${id}-${randomUUID()}.xml`);
  const member = (idp: FakeIdentityProvider, names: Member['names'], scope: string): Member => ({
    ...{ entityId: idp.url, certificate: idp.identity.certificate, sso: `${idp.url}/sso` },
    ...{ names, scopes: [scope] },
  });
  const members = [
    member(alpha, { en: 'Alpha University', 'zh-Hant': '甲大學', de: 'Universität Älpha' }, 'alpha.example'),
    { ...member(beta, { en: 'Beta Hospital' }, 'beta.example'), keywords: 'BH clinic+beta' },
  ];
  const write = (all: readonly Member[], lasts?: number) => writeFileSync(file, aggregateOf(all, signer, lasts));
  write(members);
  return {
    ...{ alpha, beta, signer, file, write, members },
    directory: {
      ...{ type: 'saml', name: 'Example Federation', federation: {}, key: 'persistent' },
      metadata: { file, certificate: signer.certificatePem },
    },
    acs: `${gateway}/return/directories/${id}`,
    entityId: `${gateway}/directories/${id}/metadata`,
    close() {
      alpha.close();
      beta.close();
    },
  };
}
