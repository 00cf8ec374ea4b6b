import type { Tree } from './configuration.ts';

export const ENTRA = 'secret-of-the-directory-elsewhere-01';
export const ENTRA_NEXT = 'secret-of-the-directory-elsewhere-02';
export const OKTA = 'secret-of-the-other-directory-here-03';

/** Two programs that keep people here: each with groups of its own, one with a group in common. */
export const SCIM_CONFIG: Tree = {
  directories: {
    local: {
      scim: {
        clients: [
          {
            name: 'entra',
            secrets: [ENTRA, ENTRA_NEXT],
            over: { groups: ['staff'], notGroups: ['vip'] },
            gives: ['staff', 'cs', 'Tour Guides'],
          },
          { name: 'okta', secrets: [OKTA], over: { groups: ['students'] } },
        ],
        budget: { calls: 100_000, per: '1m' },
        leaving: ['staff'],
      },
    },
  },
};

export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

export type Body = Record<string, unknown>;
export interface ScimReply {
  status: number;
  headers: Headers;
  body: Body;
}

/** A program that calls the interface. */
export function scimClient(url: () => string, token: string) {
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const reply = await fetch(`${url()}/scim/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }
  return {
    call,
    get: (path: string, headers?: Record<string, string>) => call('GET', path, undefined, headers),
    post: (path: string, body: unknown) => call('POST', path, body),
    put: (path: string, body: unknown, headers?: Record<string, string>) => call('PUT', path, body, headers),
    patch: (path: string, Operations: unknown, headers?: Record<string, string>) =>
      call('PATCH', path, { schemas: [PATCH], Operations }, headers),
    remove: (path: string, headers?: Record<string, string>) => call('DELETE', path, undefined, headers),
    /** Somebody new, by id. */
    async add(userName: string, more: Body = {}): Promise<string> {
      const { status, body } = await call('POST', '/Users', { schemas: [USER], userName, ...more });
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
      return String(body.id);
    },
    async find(filter: string): Promise<Body[]> {
      const { status, body } = await call('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body.Resources as Body[];
    },
  };
}
