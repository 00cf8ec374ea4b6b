import type { Answer, Call } from './call.ts';
import { notFound } from './errors.ts';
import { SCHEMAS } from './schemas.ts';
import { GROUP, type Json, LIST, LONGEST_BODY, LONGEST_PAGE, MOST_OPERATIONS, USER } from './terms.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

/** RFC 7643 section 5. */
const config = (url: string): Json => ({
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: true, maxOperations: MOST_OPERATIONS, maxPayloadSize: LONGEST_BODY },
  filter: { supported: true, maxResults: LONGEST_PAGE },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'The secret of a configured client, as a bearer token (RFC 6750)',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${url}/ServiceProviderConfig` },
});

/** RFC 7643 section 6. */
const resourceTypes = (url: string): Json[] =>
  (
    [
      ['User', '/Users', USER, 'People'],
      ['Group', '/Groups', GROUP, 'Groups of people'],
    ] as const
  ).map(([id, endpoint, schema, description]) => ({
    schemas: [`${CORE}:ResourceType`],
    ...{ id, name: id, endpoint, description, schema },
    meta: { resourceType: 'ResourceType', location: `${url}/ResourceTypes/${id}` },
  }));

const schemas = (url: string): Json[] =>
  SCHEMAS.map((schema) => ({
    schemas: [`${CORE}:Schema`],
    ...schema,
    meta: { resourceType: 'Schema', location: `${url}/Schemas/${schema.id}` },
  }));

function among(all: readonly Json[], id: string | undefined): Answer {
  if (id === undefined) {
    const count = all.length;
    const json = { schemas: [LIST], totalResults: count, startIndex: 1, itemsPerPage: count, Resources: all };
    return { status: 200, json };
  }
  const found = all.find((one) => typeof one.id === 'string' && one.id.toLowerCase() === id.toLowerCase());
  if (found === undefined) throw notFound();
  return { status: 200, json: found };
}

/** What this interface can do, RFC 7644 section 4; undefined for other names. */
export function discovery({ url }: Pick<Call, 'url'>, name: string, id: string | undefined): Answer | undefined {
  if (name === 'ServiceProviderConfig' && id === undefined) return { status: 200, json: config(url) };
  if (name === 'ResourceTypes') return among(resourceTypes(url), id);
  if (name === 'Schemas') return among(schemas(url), id);
  return undefined;
}
