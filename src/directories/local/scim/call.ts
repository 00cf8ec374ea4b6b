import type { DirectoryPorts } from '../../../core/directory.ts';
import type { Consequences } from '../../../core/program.ts';
import type { LocalDirectory } from '../directory.ts';
import type { People } from '../people.ts';
import type { Client } from './clients.ts';
import { ScimError } from './errors.ts';
import type { GroupStore } from './group-store.ts';
import type { GroupName } from './resource.ts';
import type { ScimSettings } from './settings.ts';

/** What resources are kept in, and what every call uses. */
export interface World extends Pick<DirectoryPorts, 'now' | 'random'> {
  people: People;
  groups: GroupStore;
  directory: Pick<LocalDirectory, 'namesake' | 'namesAlone'>;
  settings: Pick<ScimSettings, 'leaving'>;
}

/** One call of a client's. */
export interface Call {
  client: Client;
  /** Who does it, for the audit. */
  by: string;
  /** Of the interface, without a slash at its end. */
  url: string;
  /** In force before it returns. */
  follow(consequences: Consequences): Promise<void>;
  /** The groups that this client sees, by name: read once, until `forget`. */
  groups(): Promise<ReadonlyMap<string, GroupName>>;
  forget(): void;
}

/** One request, or one operation of a Bulk request. */
export interface Ask {
  method: string;
  path: string;
  query: Readonly<Record<string, string | string[]>>;
  body: unknown;
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
}

/** One value of the query. Throws ScimError where there are more. */
export function only({ query }: Pick<Ask, 'query'>, name: string): string | undefined {
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  if (Array.isArray(value)) throw new ScimError(400, `${name} is given more than once.`, 'invalidValue');
  return value;
}

/** What is done with one kind of resource. */
export interface Resource {
  list(): Promise<Answer>;
  create(): Promise<Answer>;
  show(key: string): Promise<Answer>;
  replace(key: string): Promise<Answer>;
  patch(key: string): Promise<Answer>;
  remove(key: string): Promise<Answer>;
}

/** RFC 7644 section 3.2: by its method, and whether it names one. Throws 405. */
export function answeredBy(resource: Resource, { method }: Ask, key: string | undefined): Promise<Answer> {
  const ways: Record<string, (() => Promise<Answer>) | undefined> =
    key === undefined
      ? { GET: resource.list, POST: resource.create }
      : {
          GET: () => resource.show(key),
          PUT: () => resource.replace(key),
          PATCH: () => resource.patch(key),
          DELETE: () => resource.remove(key),
        };
  const way = Object.hasOwn(ways, method) ? ways[method] : undefined;
  if (way) return way();
  const allow = Object.keys(ways);
  throw new ScimError(405, `Only ${allow.join(', ')} are answered here.`, undefined, { allow: allow.join(', ') });
}
