import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Says } from '../../src/directories/saml/double.ts';
import type { Client, Reply } from './client.ts';
import { FakeIdentityProvider, type Saying } from './identity-provider.ts';
import { wayTo } from './upstream.ts';

/** What a request of ours asks for. */
export interface Asked {
  id: string;
  xml: string;
  relayState: string;
  /** The query as it was sent. */
  query: string;
}

/** Another house that speaks SAML: it answers what a test has it say. */
export interface SamlUpstream {
  idp: FakeIdentityProvider;
  /** Settings of the directory that leads there. */
  directory: Record<string, unknown>;
  /** Address that answers come back to, and our entityID there. */
  acs: string;
  entityId: string;
  close(): void;
}

/** `gateway`: its address; `id`: the directory's. */
export async function startSamlUpstream(gateway: string, folder: string, id = 'partner'): Promise<SamlUpstream> {
  const idp = await FakeIdentityProvider.start();
  const file = join(folder, `${id}-${randomUUID()}.xml`);
  writeFileSync(file, idp.metadata());
  return {
    idp,
    directory: { type: 'saml', name: 'Partner Hospital', entityId: idp.url, metadata: { file }, key: 'persistent' },
    acs: `${gateway}/return/directories/${id}`,
    entityId: `${gateway}/directories/${id}/metadata`,
    close: () => idp.close(),
  };
}

/** The request with which a browser is sent away. */
export function askedBy(address: URL | undefined): Asked {
  const query = address?.search.slice(1) ?? '';
  const parameters = new URLSearchParams(query);
  const xml = inflateRawSync(Buffer.from(parameters.get('SAMLRequest') ?? '', 'base64')).toString();
  return { xml, query, relayState: parameters.get('RelayState') ?? '', id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '' };
}

/** Leaves from a page for a house. */
export async function leave(browser: Client, page: Reply, directory = 'partner'): Promise<Asked> {
  const left = await browser.get(new URL(wayTo(page.body, directory), page.url));
  if (left.location === undefined) throw new Error(`nobody left: ${left.text}`);
  return askedBy(left.location);
}

/** The form by which a browser brings a Response. */
export const formOf = (xml: string, { relayState }: Pick<Asked, 'relayState'>): Record<string, string> => ({
  SAMLResponse: Buffer.from(xml).toString('base64'),
  RelayState: relayState,
});

/** What a house says to a request, as a Response. */
export function responseOf({ idp, acs, entityId }: SamlUpstream, asked: Asked, saying: Partial<Saying> = {}): string {
  return idp.response({ entityId, acs, inResponseTo: asked.id, ...saying });
}

const attribute = ([name, values]: [string, readonly string[]]) =>
  `<saml:Attribute Name="${name}">${values.map((it) => `<saml:AttributeValue>${it}</saml:AttributeValue>`).join('')}</saml:Attribute>`;

/** What a double says, for a Response. Throws where somebody is stranded at a page of its own. */
export function sayingOf(says: Says): Partial<Saying> {
  if ('page' in says) throw new Error(`stranded: ${says.page}`);
  if ('status' in says) return says;
  const { attributes, ...rest } = says;
  const all = Object.entries(attributes).map(attribute).join('');
  return { ...rest, attributes: all && `<saml:AttributeStatement>${all}</saml:AttributeStatement>` };
}
