import type { ProgramAnswer, ProgramCall, ProgramRoutes } from '../../../core/program.ts';
import { bulk } from './bulk.ts';
import { type Answer, type Ask, type Call, only, type World } from './call.ts';
import { type Client, createClients } from './clients.ts';
import { discovery } from './discovery.ts';
import { errorBody, notFound, ScimError } from './errors.ts';
import { groups } from './groups.ts';
import type { GroupName } from './resource.ts';
import type { ScimSettings } from './settings.ts';
import { tellLeft } from './telling.ts';
import { isObject, LONGEST_BODY, own } from './terms.ts';
import { users } from './users.ts';

const TYPE = 'application/scim+json';

const segmentsOf = (path: string): string[] => {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw notFound();
  }
};

/** One resource or list of them. Throws ScimError. */
async function perform(world: World, call: Call, ask: Ask): Promise<Answer> {
  const [name = '', key, ...more] = segmentsOf(ask.path);
  if (more.length > 0) throw notFound();
  if (key === '.search' && ask.method === 'POST') return perform(world, call, searchOf(ask, name));
  if (name === 'Users') return users(world, call, ask, key || undefined);
  if (name === 'Groups') return groups(world, call, ask, key || undefined);
  throw notFound();
}

/** A query in a body, RFC 7644 section 3.4.3. */
function searchOf({ body }: Ask, name: string): Ask {
  if (!isObject(body)) throw new ScimError(400, 'The body must be an object.', 'invalidSyntax');
  const query: Record<string, string> = {};
  for (const field of ['filter', 'sortBy', 'sortOrder', 'startIndex', 'count'] as const) {
    const value = own(body, field);
    if (typeof value === 'string' || typeof value === 'number') query[field] = String(value);
  }
  for (const field of ['attributes', 'excludedAttributes'] as const) {
    const value = own(body, field);
    if (Array.isArray(value)) query[field] = value.filter((one) => typeof one === 'string').join(',');
  }
  return { method: 'GET', path: `/${name}`, query, body: undefined };
}

async function dispatch(world: World, call: Call, { path, method, body, ...sent }: ProgramCall): Promise<Answer> {
  const { query, ifMatch, ifNoneMatch } = sent;
  const [name = '', key] = segmentsOf(path);
  const told = method === 'GET' ? discovery(call, name, key) : undefined;
  if (told !== undefined) {
    // A list of three things can't be filtered (RFC 7644 section 4).
    if (only({ query }, 'filter') !== undefined) throw new ScimError(403, 'These can’t be filtered.');
    return told;
  }
  if (name === 'Me') throw new ScimError(501, 'A client of this interface is no person.');
  const read = method === 'POST' || method === 'PUT' || method === 'PATCH' ? await body() : undefined;
  if (name === 'Bulk' && key === undefined) {
    if (method !== 'POST') throw new ScimError(405, 'Only POST is answered here.', undefined, { allow: 'POST' });
    return bulk(call, read, (each, ask) => perform(world, each, ask));
  }
  return perform(world, call, { method, path, query, body: read, ifMatch, ifNoneMatch });
}

function callOf({ groups: kept }: World, client: Client, { url, follow }: ProgramCall): Call {
  let known: Promise<ReadonlyMap<string, GroupName>> | undefined;
  const read = async () => {
    const found = new Map<string, GroupName>();
    for await (const { key, group } of kept.all()) {
      const { displayName } = group;
      if (client.gives.includes(displayName)) found.set(displayName, { id: key, displayName });
    }
    return found;
  };
  const by = `scim:${client.name}`;
  return {
    client,
    by,
    url,
    follow: (consequences) => follow(consequences, by),
    groups() {
      known ??= read();
      return known;
    },
    forget() {
      known = undefined;
    },
  };
}

function told(error: ScimError): ProgramAnswer {
  return { status: error.status, type: TYPE, headers: error.headers, json: errorBody(error) };
}

/** SCIM 2.0 (RFC 7643, RFC 7644) over the people of this directory. */
export function createScim(settings: ScimSettings, world: World): ProgramRoutes {
  const clientOf = createClients(settings, world.now);
  return {
    base: settings.path as `/${string}`,
    types: [TYPE, 'application/json'],
    longest: LONGEST_BODY,
    async handle(call) {
      try {
        const client = await clientOf(call);
        await tellLeft(world, call);
        return { type: TYPE, ...(await dispatch(world, callOf(world, client, call), call)) };
      } catch (error) {
        if (error instanceof ScimError) return told(error);
        throw error;
      }
    },
    refused: (status, detail) => told(new ScimError(status, detail, status === 400 ? 'invalidSyntax' : undefined)),
  };
}
