import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { authnRequest, newId, post, redirect, sign } from '../../src/saml/testing/messages.ts';
import type { Client, Reply } from './client.ts';

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';
const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';

/** What stands in the metadata of one service provider, beside its entityID. */
export interface Entity {
  /** Assertion consumer services by index, as paths below its own; the first is the default. */
  acs?: Readonly<Record<number, string>>;
  /** URIs that each AttributeConsumingService requests, by index. */
  requests?: Readonly<Record<number, readonly string[]>>;
  /** mdui:DisplayName. */
  displayName?: string;
  /** Values of its entity-category attribute. */
  categories?: readonly string[];
}

/** An AuthnRequest, as a service provider of a test's own sends it. */
export interface Question {
  id?: string;
  /** Epoch milliseconds. */
  instant?: number;
  force?: boolean;
  passive?: boolean;
  /** Further attributes of the root, written as they are. */
  attributes?: string;
  /** Elements of it, written as they are. */
  subject?: string;
  nameIdPolicy?: string;
  scoping?: string;
  classes?: readonly string[];
  comparison?: string;
  relayState?: string;
  signed?: boolean;
}

/** What arrived at an assertion consumer service, as it says itself: no signature is checked here. */
export interface Answer {
  acs: string;
  relayState?: string;
  xml: string;
  /** Last parts of the status codes, the top one first. */
  status: string[];
  inResponseTo?: string;
  classRef?: string;
  nameId?: string;
  sessionIndex?: string;
  /** By FriendlyName. */
  attributes: Record<string, string>;
}

/** Service providers without sessions, below one address: each tells a test what was posted to it. */
export class SamlSite {
  readonly url: string;
  readonly identity: Identity;
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-saml-'));
  /** Address that a browser is sent on to, whatever it posts. */
  onward: string | undefined;
  readonly #server: Server;

  private constructor(server: Server, identity: Identity) {
    this.#server = server;
    this.identity = identity;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', async (request, response) => {
      const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
      if (request.method === 'POST' && this.onward) return response.writeHead(303, { location: this.onward }).end();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Object.fromEntries(new URLSearchParams(body))));
    });
  }

  static async start(): Promise<SamlSite> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SamlSite(server, await createIdentity());
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.folder, { recursive: true });
  }

  entityId(id: string): string {
    return `${this.url}/${id}/metadata`;
  }

  /** Writes an entity's metadata, or that of several together; answers the file. */
  metadata(name: string, entities: Readonly<Record<string, Entity>> = { [name]: {} }): string {
    const file = join(this.folder, `${name}.xml`);
    const each = Object.entries(entities).map(([id, entity]) => this.#descriptor(id, entity));
    const names = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"';
    const xml =
      each.length === 1
        ? each[0]?.replace('<md:EntityDescriptor', `<md:EntityDescriptor ${names}`)
        : `<md:EntitiesDescriptor ${names}>${each.join('')}</md:EntitiesDescriptor>`;
    writeFileSync(file, xml ?? '');
    return file;
  }

  #descriptor(id: string, { acs = { 0: 'acs' }, requests = {}, displayName, categories = [] }: Entity): string {
    const services = Object.entries(acs).map(
      ([index, path], at) =>
        `<md:AssertionConsumerService Binding="${BINDING}HTTP-POST" Location="${this.url}/${id}/${path}" index="${index}"${at === 0 ? ' isDefault="true"' : ''}/>`,
    );
    const requested = Object.entries(requests).map(
      ([index, names]) =>
        `<md:AttributeConsumingService index="${index}"><md:ServiceName xml:lang="en">${id}</md:ServiceName>${names
          .map((name) => `<md:RequestedAttribute Name="${name}"/>`)
          .join('')}</md:AttributeConsumingService>`,
    );
    const shown =
      displayName &&
      `<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">${displayName}</mdui:DisplayName></mdui:UIInfo></md:Extensions>`;
    const values = categories.map((uri) => `<saml:AttributeValue>${uri}</saml:AttributeValue>`).join('');
    const extensions =
      values &&
      `<md:Extensions><mdattr:EntityAttributes xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Attribute Name="http://macedir.org/entity-category" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">${values}</saml:Attribute></mdattr:EntityAttributes></md:Extensions>`;
    return (
      `<md:EntityDescriptor entityID="${this.entityId(id)}">${extensions}` +
      `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${shown ?? ''}` +
      `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${this.identity.certificate}` +
      `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>${services.join('')}${requested.join('')}` +
      '</md:SPSSODescriptor></md:EntityDescriptor>'
    );
  }

  /** An AuthnRequest's XML. */
  question(id: string, gateway: string, asked: Question = {}): string {
    const { classes = [], comparison = 'exact', subject = '', nameIdPolicy = '', scoping = '' } = asked;
    const refs = classes.map((name) => `<saml:AuthnContextClassRef>${name}</saml:AuthnContextClassRef>`).join('');
    const context =
      refs && `<samlp:RequestedAuthnContext Comparison="${comparison}">${refs}</samlp:RequestedAuthnContext>`;
    const flags = [asked.force && 'ForceAuthn="true"', asked.passive && 'IsPassive="true"', asked.attributes];
    return authnRequest({
      id: asked.id ?? newId(),
      issuer: this.entityId(id),
      instant: asked.instant ?? Date.now(),
      destination: `${gateway}/saml/sso`,
      attributes: flags.filter(Boolean).join(' '),
      content: `${subject}${nameIdPolicy}${context}${scoping}`,
    });
  }

  /** Address that brings one by the redirect binding. */
  address(id: string, gateway: string, asked: Question = {}): string {
    const { relayState, signed } = asked;
    const query = redirect(this.question(id, gateway, asked), {
      ...(relayState !== undefined && { relayState }),
      ...(signed && { signer: this.identity }),
    });
    return `${gateway}/saml/sso?${query}`;
  }

  /** Brings one by a form of this site (POST binding); not followed. */
  async post(client: Client, id: string, gateway: string, asked: Question = {}): Promise<Reply> {
    const xml = this.question(id, gateway, asked);
    const body = post(asked.signed ? sign(xml, this.identity) : xml, asked.relayState);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return client.post(`${gateway}/saml/sso`, body, { from: this.url, headers });
  }

  /** Whether this is what one of these service providers says. */
  isHere(reply: Reply): boolean {
    return reply.url.origin === this.url;
  }

  /** What was posted here. Throws where a page of the gateway's stands instead. */
  answer(reply: Reply): Answer {
    if (!this.isHere(reply)) throw new Error(`no answer: ${reply.status} ${reply.url.href} ${reply.text}`);
    const { SAMLResponse = '', RelayState } = reply.json() as Record<string, string>;
    const xml = Buffer.from(SAMLResponse, 'base64').toString();
    const found = (pattern: RegExp) => pattern.exec(xml)?.[1];
    const released = xml.matchAll(/FriendlyName="([^"]+)"[^>]*>(.*?)<\/saml:Attribute>/g);
    return Object.fromEntries(
      Object.entries({
        acs: reply.url.href,
        relayState: RelayState,
        xml,
        status: [...xml.matchAll(/StatusCode Value="([^"]+)"/g)].map(([, code = '']) => code.slice(STATUS.length)),
        inResponseTo: found(/<samlp:Response [^>]*InResponseTo="([^"]+)"/),
        classRef: found(/AuthnContextClassRef>([^<]+)</),
        nameId: found(/<saml:NameID[^>]*>([^<]+)</),
        sessionIndex: found(/SessionIndex="([^"]+)"/),
        attributes: Object.fromEntries(
          [...released].map(([, name, values = '']) => [name, values.replaceAll(/<[^>]+>/g, '')]),
        ),
      }).filter(([, value]) => value !== undefined),
    ) as unknown as Answer; // absent where the response has none
  }
}
