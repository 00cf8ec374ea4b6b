import type { Consequences } from '../../../core/program.ts';
import type { Found } from '../people.ts';
import type { Stored } from '../person.ts';
import {
  type Answer,
  type Ask,
  busy,
  type Call,
  match,
  names,
  only,
  preconditionFailed,
  ROUNDS,
  type World,
} from './call.ts';
import { detailsOf, externalIdFrom, externalIdsWith, personAfter } from './change.ts';
import { isOver } from './clients.ts';
import { type Draft, draftOf } from './draft.ts';
import { notFound, ScimError } from './errors.ts';
import { type Listing, listed, listingOf } from './listing.ts';
import { equalities } from './matching.ts';
import { operationsOf, patched } from './patch.ts';
import { projected, projectionOf } from './projection.ts';
import { draftFrom, userOf, versionOf } from './resource.ts';

/** A person whom this client sees. Throws 404 for all others alike. */
export async function seen({ people }: World, { client }: Call, key: string): Promise<Found> {
  const found = await people.get(key);
  if (found === undefined || !isOver(client, found.person)) throw notFound();
  return found;
}

async function shown(call: Call, ask: Ask, found: Found, status = 200): Promise<Answer> {
  const projection = projectionOf(only(ask, 'attributes'), only(ask, 'excludedAttributes'));
  const resource = userOf(found, call.client.name, call.url, await call.groups());
  const headers = { etag: versionOf(found), location: `${call.url}/Users/${found.key}` };
  return { status, headers, json: projected(resource, projection) };
}

/** Throws 409 where somebody else goes by one of these names. */
async function unclaimed({ directory, people }: World, person: Stored, key?: string): Promise<void> {
  const holder = await people.byLogin(person.username);
  if (holder !== undefined && holder.key !== key) {
    throw new ScimError(409, 'The userName is taken.', 'uniqueness');
  }
  const other = await directory.namesake(person, key);
  if (other === undefined) return;
  throw new ScimError(409, 'By its userName or mail address one could mean somebody else as well.', 'uniqueness');
}

/** Whom this client has called so before; one at most. */
async function known({ people }: World, { client }: Call, externalId: string | undefined): Promise<Found | undefined> {
  const [found] = externalId === undefined ? [] : await people.byExternalId(client.name, externalId);
  return found && isOver(client, found.person) ? found : undefined;
}

/** What is told of a change, and what ends with it. */
function consequencesOf(key: string, before: Stored, after: Stored, off: boolean): Consequences {
  const detail = { username: after.username };
  const status = after.status === before.status ? [] : [after.status === 'active' ? 'user.enabled' : 'user.disabled'];
  const events = [...(after === before ? [] : ['user.updated']), ...status];
  const audit = events.map((event) => ({ event, key, detail }));
  // Also where they were off already: the earlier call may have failed before everything had ended.
  return { audit, ...(off && { revoke: [key] }) };
}

/** Changes somebody by what `next` makes of them, and tells it. Throws ScimError. */
async function change(world: World, call: Call, ask: Ask, key: string, next: (before: Found) => Draft): Promise<Found> {
  const { people } = world;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await seen(world, call, key);
    match(ask, versionOf(found));
    const { person: before } = found;
    const draft = next(found);
    const after = personAfter(before, draft, call.client.name, world.now());
    if (after !== before) {
      const named = after.username !== before.username || after.email !== before.email;
      if (named) await unclaimed(world, after, key);
      if (!(await people.replace(found, after))) {
        if (ask.ifMatch !== undefined) throw preconditionFailed();
        continue;
      }
    }
    await call.follow(consequencesOf(key, before, after, draft.active === false));
    return after === before ? found : { key, person: after, version: found.version + 1 };
  }
  throw busy();
}

async function create(world: World, call: Call, ask: Ask): Promise<Answer> {
  const draft = draftOf(ask.body);
  const externalId = externalIdFrom(draft.externalId);
  const before = await known(world, call, externalId);
  if (before !== undefined) {
    // Whoever is assigned again is the same person; who still is here is there twice.
    if (before.person.status === 'active') throw new ScimError(409, 'The externalId is taken.', 'uniqueness');
    const again = { ...draft, active: draft.active ?? true };
    return shown(call, ask, await change(world, call, { ...ask, ifMatch: undefined }, before.key, () => again), 201);
  }
  const now = world.now();
  const { client } = call;
  const person: Stored = {
    ...detailsOf(draft),
    ...{ status: draft.active === false ? 'disabled' : 'active', createdAt: now, updatedAt: now },
    ...{ addedBy: client.name, externalIds: externalIdsWith([], client.name, externalId) },
  };
  await unclaimed(world, person);
  const key = Buffer.from(world.random(16)).toString('base64url');
  if (!(await world.people.insert(key, person))) throw new ScimError(409, 'The userName is taken.', 'uniqueness');
  await call.follow({ audit: [{ event: 'user.added', key, detail: { username: person.username } }] });
  return shown(call, ask, { key, person, version: 1 }, 201);
}

/** Off first, and everything ended: nobody signs in between that and the end of the record. */
async function remove(world: World, call: Call, ask: Ask, key: string): Promise<Answer> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await seen(world, call, key);
    // What was written in the rounds before was ours.
    if (round === 0) match(ask, versionOf(found));
    const { person } = found;
    const off: Found = { key, person: { ...person, status: 'disabled' }, version: found.version + 1 };
    if (!(await world.people.replace(found, off.person))) {
      if (ask.ifMatch !== undefined) throw preconditionFailed();
      continue;
    }
    const audit = [{ event: 'user.removed', key, detail: { username: person.username } }];
    await call.follow({ audit, revoke: [key] });
    if (await world.people.remove(off)) return { status: 204 };
  }
  throw busy();
}

/** By what the filter demands, where an index knows it; undefined: everybody is looked at. */
async function candidates({ people }: World, { client }: Call, { filter }: Listing): Promise<Found[] | undefined> {
  for (const { path, value } of equalities(filter)) {
    if (path === 'id') return [await people.get(value)].flatMap((one) => one ?? []);
    if (path === 'username') return [await people.byLogin(value)].flatMap((one) => one ?? []);
    if (path === 'externalid') return people.byExternalId(client.name, value);
    if (path === 'emails' || path === 'emails.value') return people.byEmail(value, 1000);
  }
  return undefined;
}

async function* visible({ people }: World, { client }: Call, some: Found[] | undefined): AsyncGenerator<Found> {
  for await (const one of some ?? people.all()) if (isOver(client, one.person)) yield one;
}

async function list(world: World, call: Call, ask: Ask): Promise<Answer> {
  const listing = listingOf(ask);
  const groups = await call.groups();
  const resource = (one: Found) => userOf(one, call.client.name, call.url, groups);
  return listed(ask, listing, {
    found: visible(world, call, await candidates(world, call, listing)),
    resource,
    get: world.people.get,
    whole: async (one) => resource(one),
  });
}

async function show(world: World, call: Call, ask: Ask, key: string): Promise<Answer> {
  const found = await seen(world, call, key);
  if (ask.ifNoneMatch !== undefined && names(ask.ifNoneMatch, versionOf(found))) {
    return { status: 304, headers: { etag: versionOf(found) } };
  }
  return shown(call, ask, found);
}

/** `/Users` and `/Users/<id>`, RFC 7644 section 3. */
export async function users(world: World, call: Call, ask: Ask, key: string | undefined): Promise<Answer> {
  if (key === undefined) {
    if (ask.method === 'GET') return list(world, call, ask);
    if (ask.method === 'POST') return create(world, call, ask);
    throw new ScimError(405, 'Only GET and POST are answered here.', undefined, { allow: 'GET, POST' });
  }
  switch (ask.method) {
    case 'GET':
      return show(world, call, ask, key);
    case 'PUT': {
      const draft = draftOf(ask.body);
      // Who isn't said to be off or on stays so.
      const next = ({ person }: Found) => ({ ...draft, active: draft.active ?? person.status === 'active' });
      return shown(call, ask, await change(world, call, ask, key, next));
    }
    case 'PATCH': {
      const operations = operationsOf(ask.body);
      const next = ({ person }: Found) => patched(draftFrom(person, call.client.name), operations);
      return shown(call, ask, await change(world, call, ask, key, next));
    }
    case 'DELETE':
      return remove(world, call, ask, key);
    default:
      throw new ScimError(405, 'Only GET, PUT, PATCH and DELETE are answered here.', undefined, {
        allow: 'GET, PUT, PATCH, DELETE',
      });
  }
}
