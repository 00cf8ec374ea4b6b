/** Names of schemas and messages, RFC 7643 section 8 and RFC 7644 section 8.2. */
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** Operations of one PATCH or Bulk request. */
export const MOST_OPERATIONS = 1000;
/** Bytes of a body. */
export const LONGEST_BODY = 1024 * 1024;
/** Resources of one page. */
export const LONGEST_PAGE = 200;

/** What a value out of a request is, before anything is known of it. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property of its own, by name without case: never what an object inherits. */
export function own(value: Json, name: string): unknown {
  if (Object.hasOwn(value, name)) return value[name];
  const wanted = name.toLowerCase();
  const found = Object.keys(value).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : value[found];
}
