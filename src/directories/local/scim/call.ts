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
  directory: Pick<LocalDirectory, 'namesake'>;
  settings: Pick<ScimSettings, 'leaving'>;
}

/** One call of a client's. */
export interface Call {
  client: Client;
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

/** Rounds of compare-and-set before giving up. */
export const ROUNDS = 10;

export const busy = (): ScimError => new ScimError(503, 'Others keep changing this: try again.');

export const preconditionFailed = (): ScimError =>
  new ScimError(412, 'It has changed since: read it again, and compare meta.version.');

/** Whether a list of versions, or `*`, names this one; compared weakly (RFC 9110 section 8.8.3.2). */
export function names(header: string, version: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(version));
}

/** Throws 412 where the request is for another version than this. */
export function match({ ifMatch }: Pick<Ask, 'ifMatch'>, version: string): void {
  if (ifMatch !== undefined && !names(ifMatch, version)) throw preconditionFailed();
}

/** One value of the query. Throws ScimError where there are more. */
export function only({ query }: Pick<Ask, 'query'>, name: string): string | undefined {
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  if (Array.isArray(value)) throw new ScimError(400, `${name} is given more than once.`, 'invalidValue');
  return value;
}
