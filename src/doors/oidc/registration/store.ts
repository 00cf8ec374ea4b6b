import { randomBytes } from 'node:crypto';
import type { Application } from '../../../core/application.ts';
import type { SealedPlace } from '../../../core/sealed.ts';
import type { DataRecord, FoundBy } from '../../../core/store.ts';
import { hashOf } from '../adapter.ts';
import type { OidcApplication } from '../application.ts';
import type { OidcPorts } from '../ports.ts';

const CLIENTS = 'oidc-clients';
const INVITATIONS = 'oidc-invitations';
/** Listed at once. */
const PAGE = 200;

const contextOf = (id: string): string => `${CLIENTS} ${id}`;

/** A client's secret must be told again (RFC 7592 section 2.1), and so can't be hashed. */
export const sealedClients: SealedPlace = {
  ...{ what: 'registered clients', table: 'records', namespace: CLIENTS },
  contextOf,
};

/** Client metadata (RFC 7591 section 2), after policy. */
export type Metadata = Readonly<Record<string, unknown>>;

export interface Registered {
  id: string;
  metadata: Metadata;
  suspended: boolean;
  /** Epoch milliseconds. */
  at: number;
}

interface Change {
  to?: Partial<Registered>;
  must?(client: Registered, row: DataRecord): boolean;
  found?: FoundBy;
}

interface Invitation {
  application: string;
  expires: number;
  left: number;
}

/** Which configured application a registered one belongs to: rules and policy know it by that. */
export const templateOf = (id: string): string => id.split(':', 1)[0] ?? id;

/** Clients that registered themselves (RFC 7591), in the durable store, and who may. */
export function createRegistered(ports: Pick<OidcPorts, 'durable' | 'sealer' | 'now' | 'applications'>) {
  const { sealer, now } = ports;
  const clients = ports.durable.records(CLIENTS);
  const invitations = ports.durable.records(INVITATIONS);

  const seal = ({ id, ...rest }: Registered): string => sealer.seal(JSON.stringify(rest), contextOf(id));
  const open = (id: string, data: string): Registered => ({ id, ...JSON.parse(sealer.open(data, contextOf(id))) });

  async function present(id: string) {
    const row = await clients.get(id);
    return row && { row, client: open(id, row.data) };
  }

  /**
   * False where it isn't there, or isn't as it must be. Again where somebody else was first: a client that changes itself all
   * the time can still be suspended.
   */
  async function change(id: string, { to, must, found }: Change): Promise<boolean> {
    for (;;) {
      const now = await present(id);
      if (now === undefined || must?.(now.client, now.row) === false) return false;
      const next = to === undefined ? now.client : { ...now.client, ...to };
      if (await clients.update(id, now.row.version, seal(next), found)) return true;
    }
  }

  return {
    find: async (id: string): Promise<Registered | undefined> => (await present(id))?.client,

    async list(): Promise<Registered[]> {
      const found: Registered[] = [];
      for (let after: string | undefined; ; ) {
        const page = await clients.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        found.push(...page.map(({ id, data }) => open(id, data)));
        after = page.at(-1)?.id;
        if (page.length < PAGE || after === undefined) return found;
      }
    },

    add: (id: string, metadata: Metadata) =>
      clients.insert({ id, data: seal({ id, metadata, suspended: false, at: now() }) }),
    /** By the token that manages it, and still does: a body may come long after the token that it came with was looked at. */
    keep: (id: string, metadata: Metadata, token: string) =>
      change(id, { to: { metadata }, must: (it, { lookup }) => !it.suspended && lookup === hashOf(token) }),

    suspend: (id: string, suspended: boolean) => change(id, { to: { suspended } }),
    remove: (id: string) => clients.remove(id),

    /** The client that this token manages (RFC 7592); by another one, afterwards, if `next` is given. */
    async managedBy(token: string): Promise<string | undefined> {
      const row = await clients.byLookup(hashOf(token));
      return row === undefined || open(row.id, row.data).suspended ? undefined : row.id;
    },
    manage: (id: string, token: string) => change(id, { found: { lookup: hashOf(token) } }),
    async unmanage(token: string): Promise<void> {
      const row = await clients.byLookup(hashOf(token));
      if (row) await clients.update(row.id, row.version, row.data, { lookup: hashOf(randomBytes(32).toString('hex')) });
    },

    /** An initial access token; of 256 bits, kept as its hash. */
    async invite(application: string, lifetime: number, left: number): Promise<string> {
      const token = randomBytes(32).toString('base64url');
      const data: Invitation = { application, expires: now() + lifetime, left };
      await invitations.insert({ id: hashOf(token), data: JSON.stringify(data) });
      return token;
    },
    async invitation(token: string): Promise<Invitation | undefined> {
      const row = await invitations.get(hashOf(token));
      const found = row && (JSON.parse(row.data) as Invitation);
      return found && found.expires > now() && isOpen(ports, found.application) ? found : undefined;
    },
    /** Uses it once; false where others have used it up meanwhile. */
    async use(token: string): Promise<boolean> {
      for (;;) {
        const row = await invitations.get(hashOf(token));
        const found = row && (JSON.parse(row.data) as Invitation);
        if (row === undefined || found === undefined || found.left < 1 || found.expires <= now()) return false;
        const last = found.left === 1;
        const done = last
          ? await invitations.remove(row.id, row.version)
          : await invitations.update(row.id, row.version, JSON.stringify({ ...found, left: found.left - 1 }));
        if (done) return true;
      }
    },

    /** As the registry knows it: what it said of itself, within what its template may. */
    async application(id: string): Promise<Application | undefined> {
      const template = ports.applications.get(templateOf(id));
      if (!id.includes(':') || template === undefined || !isOpen(ports, template.id)) return undefined;
      const found = (await present(id))?.client;
      return found === undefined || found.suspended ? undefined : applicationOf(found, template);
    },
  };
}

export type RegisteredClients = ReturnType<typeof createRegistered>;

/** Whether clients may register below this application. */
export function isOpen({ applications }: Pick<OidcPorts, 'applications'>, id: string): boolean {
  const found = applications.get(id);
  return found?.door === 'oidc' && (found.settings as OidcApplication).registration !== undefined;
}

function applicationOf({ id, metadata: it }: Registered, template: Application): Application {
  const {
    registration: _,
    redirectUris: __,
    clientSecret: ___,
    jwks: ____,
    jwksUri: _____,
    ...rest
  } = template.settings as OidcApplication;
  const has = (key: string, name: string) => (it[key] === undefined ? {} : { [name]: it[key] });
  const settings = {
    ...rest,
    ...{
      grants: ['authorization_code'],
      redirectUris: it.redirect_uris,
      authentication: it.token_endpoint_auth_method,
    },
    ...{ scopes: String(it.scope).split(' '), postLogoutRedirectUris: it.post_logout_redirect_uris ?? [] },
    ...has('client_name', 'clientName'),
    ...has('logo_uri', 'logoUri'),
    ...has('client_secret', 'clientSecret'),
    ...has('jwks', 'jwks'),
    ...has('jwks_uri', 'jwksUri'),
    ...has('backchannel_logout_uri', 'backchannelLogoutUri'),
    ...has('frontchannel_logout_uri', 'frontchannelLogoutUri'),
  };
  // A web address, which the one fetcher of pictures asks when somebody looks.
  const icon = typeof it.logo_uri === 'string' ? { icon: it.logo_uri } : {};
  return { ...template, ...icon, id, name: nameOf(String(it.client_name ?? ''), template), settings };
}

/** With the name that the operator gave: whoever registers chooses their own, and could choose another one's. */
function nameOf(own: string, { name }: Application): Application['name'] {
  if (own === '') return name;
  if (typeof name === 'string') return `${own} · ${name}`;
  return Object.fromEntries(Object.entries(name).map(([locale, text]) => [locale, `${own} · ${text}`])) as typeof name;
}
