import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import express, { type ErrorRequestHandler } from 'express';
import { bondPorts } from '../../../../../test/support/bonds.ts';
import { Client, type Reply } from '../../../../../test/support/client.ts';
import type { AuditEvent, Core, DoorPorts } from '../../../../core/door.ts';
import type { SigningKey } from '../../../../core/keyring.ts';
import { SamlFault } from '../../../../saml/errors.ts';
import { createGate } from '../../../../saml/gate/gate.ts';
import type { ServiceProvider } from '../../../../saml/model.ts';
import { createIdentity, type Identity } from '../../../../saml/testing/identity.ts';
import { logoutRequest, logoutResponse, NOW, post, redirect, sign, soap } from '../../../../saml/testing/messages.ts';
import { serviceProvider } from '../../../../saml/testing/parties.ts';
import { createLogoutWriter } from '../../../../saml/writing/logout.ts';
import { METHODS } from '../../../../saml/writing/sign.ts';
import { createParticipants } from '../../participants.ts';
import type { Party } from '../../party.ts';
import { createLogout, type Logout } from '../index.ts';
import { memoryStore } from './store.ts';

export const NAME = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
export const DENIED =
  '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status>';

/** Service providers of the scene: what each has for single logout. */
const SERVICES: Readonly<Record<string, ServiceProvider['singleLogoutServices']>> = {
  alpha: [
    { binding: 'redirect', location: 'https://alpha.example/slo', responseLocation: 'https://alpha.example/done' },
  ],
  beta: [{ binding: 'post', location: 'https://beta.example/slo' }],
  gamma: [
    { binding: 'soap', location: 'https://gamma.example/soap' },
    { binding: 'redirect', location: 'https://gamma.example/slo' },
  ],
  delta: [],
};

const entityOf = (application: string): string => `https://${application}.example/metadata`;

/** What a page was given: the scene's pages are their models. */
export interface Shown {
  page: string;
  status: number;
  model: Record<string, never> & {
    applications: { name: string; state: string }[];
    next: string;
    after?: number;
    leaving?: boolean;
    key: string;
    action: string;
    inputs: { name: string; value: string }[];
  };
}

export const shown = (reply: Reply): Shown => ({ ...JSON.parse(reply.body), status: reply.status });

/** A message of ours, as a service provider takes it off its binding. */
export function messageIn(reply: Reply): { xml: string; id: string; relayState?: string; to: string } {
  const { location } = reply;
  const form = location ? undefined : shown(reply).model;
  const value = (name: string) =>
    location?.searchParams.get(name) ?? form?.inputs.find((it) => it.name === name)?.value;
  const bytes = Buffer.from(value('SAMLRequest') ?? value('SAMLResponse') ?? '', 'base64');
  const xml = (location ? inflateRawSync(bytes) : bytes).toString();
  const relayState = value('RelayState');
  return {
    xml,
    id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '',
    to: location ? `${location.origin}${location.pathname}` : String(form?.action),
    ...(relayState !== undefined && { relayState }),
  };
}

/** Under https cookies have their prefixes. */
const FRONTED = 'https://idp.university.example';

/**
 * The door's logout behind a server, with a session that took part in every service provider named; `fronted`: behind
 * what ends TLS.
 */
export async function stage({ fronted = false } = {}) {
  const keys = new Map<string, Identity>();
  for (const id of Object.keys(SERVICES)) keys.set(id, await createIdentity());
  const own = await createIdentity();
  const clock = { now: NOW };
  const now = () => clock.now;
  const store = memoryStore(now);
  const participants = createParticipants(store, 28_800_000);
  const events: AuditEvent[] = [];
  const warnings: string[] = [];
  /** Sessions by the browser's cookie; by application the index. */
  const sessions = new Map<string, { account: string; applications: Map<string, string> }>();
  const outside: { fetch: DoorPorts['fetch'] } = { fetch: () => Promise.reject(new Error('nobody there')) };
  const validity: { until?: number } = {};

  const partyOf = (id: string): Party | undefined => {
    const identity = keys.get(id);
    const singleLogoutServices = SERVICES[id];
    if (identity === undefined || singleLogoutServices === undefined) return undefined;
    const more = { entityId: entityOf(id), singleLogoutServices };
    const until = validity.until === undefined ? {} : { validUntil: validity.until };
    return { application: id, provider: serviceProvider([identity], { ...more, ...until }) };
  };
  const parties = [...keys.keys()].map(partyOf);

  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = fronted ? FRONTED : address;
  const carried = { [FRONTED]: address };
  const sessionOf = (req: { headers: { cookie?: string } }) =>
    /(?:^|; )session=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';

  const core: Partial<Core> = {
    async session(req) {
      const found = sessions.get(sessionOf(req));
      return found && { account: found.account, session: 'uid', sight: { session: 'uid', epoch: 1 } };
    },
    indexOf: async (req, _res, application) => sessions.get(sessionOf(req))?.applications.get(application),
    async endSession(req, res, { next = '/', except } = {}) {
      const id = sessionOf(req);
      const found = sessions.get(id);
      sessions.delete(id);
      if (found === undefined) return { next, unreached: [] };
      const others = new Map([...found.applications].filter(([application]) => application !== except));
      const { unreached, byBrowser } = await logout.signOut({ account: found.account, applications: others });
      const left = new Map([...others].filter(([application]) => byBrowser.includes(application)));
      const address =
        left.size > 0
          ? await logout.signOutByBrowser({ account: found.account, applications: left }, next, { req, res })
          : next;
      return { next: address, unreached };
    },
  };

  const ports = {
    ...{ issuer, now, ephemeral: store, core, random: (bytes: number) => randomBytes(bytes) },
    ...bondPorts(store, { issuer, now }),
    applications: { find: async (id: string) => ({ id, name: id }) },
    fetch: (...given: Parameters<DoorPorts['fetch']>) => outside.fetch(...given),
    form: (limit: number) => [express.text({ type: 'application/x-www-form-urlencoded', limit })],
    browser: () => ({ reference: 'R' }),
    audit: { note: (event: AuditEvent) => void events.push(event), commit: async () => {} },
    log: {
      debug() {},
      info() {},
      warn: (_: object, message: string) => void warnings.push(message),
      error() {},
    },
    render: {
      page: (_res: unknown, page: string, model: object) => JSON.stringify({ page, model }),
      allowFormAction: (res: express.Response, ...origins: string[]) =>
        void res.setHeader('x-form-action', origins.join(' ')),
    },
    // What single logout asks of its ports, and no more.
  } as unknown as DoorPorts;

  const key: SigningKey = { id: 'k', algorithm: 'RS256', activeFrom: 0, ...own };
  const gate = createGate<Party>({
    ...{ now, ephemeral: store, skew: 90_000, requireSigned: () => false, allowed: () => [] },
    ...{ absent: () => undefined, setting: () => '' },
    strangers: { admit: async () => {} },
    party: async (entityId) => parties.find((it) => it?.provider.entityId === entityId),
  });
  const logout: Logout = createLogout({
    ...{ ports, gate, participants, paths: { slo: '/saml/slo', logout: '/saml/logout' } },
    parties: { ofApplication: async (id) => partyOf(id) },
    writer: createLogoutWriter({ entityId: `${issuer}/saml/metadata`, now, random: ports.random }),
    signerFor: () => ({ method: METHODS['RSA-SHA256'], digest: 'sha256', key }),
  });
  // What else ends a session: in the name of the session that the browser has.
  app.get('/leave', async (req, res) => {
    const found = sessions.get(sessionOf(req)) ?? { account: 'nobody', applications: new Map() };
    res.redirect(303, await logout.signOutByBrowser(found, '/signed-out', { req, res }));
  });
  app.use(logout.router);
  const refused: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error instanceof SamlFault ? 403 : 500).send(String(error));
  };
  app.use(refused);

  const cookieOf = (client: Client): string =>
    client.jar.for(new URL(issuer), { method: 'GET', crossSite: false }).find(({ name }) => name === 'session')
      ?.value ?? '';
  /** A new session in a browser, that of another person. */
  async function signIn(client: Client, ...applications: string[]): Promise<void> {
    const id = randomBytes(8).toString('hex');
    client.jar.store(new URL(issuer), [`session=${id}; Path=/; SameSite=Lax`]);
    const indexes = applications.map((application): [string, string] => [application, `${application}-${id}`]);
    sessions.set(id, { account: `person-${id}`, applications: new Map(indexes) });
    for (const [, index] of indexes) await participants.remember(index, { value: `name-${index}`, format: NAME });
  }

  /** A second name that the session issued to an application. */
  async function alsoKnown(client: Client, application: string, value: string): Promise<void> {
    await participants.remember(`${application}-${cookieOf(client)}`, { value, format: NAME });
  }

  const slo = `${issuer}/saml/slo`;
  const signerOf = (id: string): Identity => keys.get(id) ?? own;

  return {
    ...{ issuer, slo, store, events, warnings, clock, logout, outside, validity },
    close: () => void server.close(),

    signIn,
    alsoKnown,

    /** A browser whose session took part in these. */
    async member(...applications: string[]): Promise<Client> {
      const client = new Client({ carried });
      await signIn(client, ...applications);
      return client;
    },

    /** The session's own ids, as its service providers know them. */
    idsOf(client: Client, application: string) {
      const id = cookieOf(client);
      return { index: `${application}-${id}`, name: `name-${application}-${id}`, account: `person-${id}` };
    },

    isSignedIn: (client: Client): boolean => sessions.has(cookieOf(client)),

    /** A LogoutRequest of a service provider, not yet signed. */
    request: (from: string, name: string, index?: string, format = NAME) =>
      logoutRequest({
        ...{ issuer: entityOf(from), destination: slo, instant: clock.now },
        content:
          `<saml:NameID Format="${format}">${name}</saml:NameID>` +
          (index === undefined ? '' : `<samlp:SessionIndex>${index}</samlp:SessionIndex>`),
      }),

    /** A LogoutResponse, not yet signed. */
    response: (from: string, inResponseTo: string, content?: string) =>
      logoutResponse({
        ...{ issuer: entityOf(from), destination: slo, instant: clock.now, inResponseTo },
        ...(content !== undefined && { content }),
      }),

    byRedirect: (from: string, xml: string, relayState?: string) =>
      `${slo}?${redirect(xml, { signer: signerOf(from), ...(relayState !== undefined && { relayState }) })}`,
    byPost: (from: string, xml: string, relayState?: string) => post(sign(xml, signerOf(from)), relayState),
    bySoap: (from: string, xml: string) => soap(sign(xml, signerOf(from))),
  };
}

export type Scene = Awaited<ReturnType<typeof stage>>;

export const FORM = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
