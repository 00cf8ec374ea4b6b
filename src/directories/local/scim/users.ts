import type { Alone } from '../../../core/store.ts';
import { externalKey, type Found } from '../people.ts';
import type { Stored } from '../person.ts';
import { type Answer, type Ask, answeredBy, type Call, only, type World } from './call.ts';
import { detailsOf, externalIdFrom, externalIdsWith, personAfter } from './change.ts';
import { isOver } from './clients.ts';
import { busy, match, names, preconditionFailed, ROUNDS } from './conditions.ts';
import { type Draft, draftOf } from './draft.ts';
import { notFound, ScimError } from './errors.ts';
import { type Listing, listed, listingOf } from './listing.ts';
import { equalities } from './matching.ts';
import { operationsOf, patched } from './patch.ts';
import { projected, projectionOf } from './projection.ts';
import { draftFrom, externalIdOf, userOf, versionOf } from './resource.ts';
import { type Deed, told, withDeed } from './telling.ts';

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

const taken = (detail: string): ScimError => new ScimError(409, detail, 'uniqueness');

/**
 * What nobody else may be found by after a change: names and what this client calls them, where it is another than
 * before. Throws 409 where somebody else is; the store looks again in the moment of writing.
 */
async function claimed(world: World, { client }: Call, after: Stored, before?: Found): Promise<Alone> {
  const { directory, people } = world;
  const keys: string[] = [];
  const lookups: string[] = [];
  const isOther = (found: { key: string } | undefined) => found !== undefined && found.key !== before?.key;
  if (after.username !== before?.person.username || after.email !== before.person.email) {
    if (isOther(await people.byLogin(after.username))) throw taken('The userName is taken.');
    if (await directory.namesake(after, before?.key)) {
      throw taken('By its userName or mail address one could mean somebody else as well.');
    }
    const names = directory.namesAlone(after);
    lookups.push(...names.lookups);
    keys.push(...names.keys);
  }
  const id = externalIdOf(client.name, after);
  if (id !== undefined && !(before && id === externalIdOf(client.name, before.person))) {
    if ((await people.byExternalId(client.name, id)).some(isOther)) throw taken('The externalId is taken.');
    keys.push(externalKey(client.name, id));
  }
  return { lookups, keys };
}

/** Whom this client has called so before; one at most. */
async function known({ people }: World, { client }: Call, externalId: string | undefined): Promise<Found | undefined> {
  const [found] = externalId === undefined ? [] : await people.byExternalId(client.name, externalId);
  return found && isOver(client, found.person) ? found : undefined;
}

/** What a change is, of somebody who is another one after it. */
function deedOf(before: Stored, { username, status }: Stored): Deed {
  const event = status === 'active' ? 'user.enabled' : 'user.disabled';
  const switched = status === before.status ? [] : [{ event }];
  return { events: [{ event: 'user.updated' }, ...switched], detail: { username }, revoke: status === 'disabled' };
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
    if (after === before) {
      // They were off already: whoever did it may have failed before everything had ended.
      if (draft.active === false) await call.follow({ revoke: [key] });
      return found;
    }
    const [person, untold] = withDeed(world, call, after, deedOf(before, after));
    if (await people.replace(found, person, await claimed(world, call, after, found))) {
      return told(world, call, { key, person, version: found.version + 1 }, untold);
    }
    if (ask.ifMatch !== undefined) throw preconditionFailed();
  }
  throw busy();
}

async function create(world: World, call: Call, ask: Ask): Promise<Answer> {
  const draft = draftOf(ask.body);
  const externalId = externalIdFrom(draft.externalId);
  const before = await known(world, call, externalId);
  if (before !== undefined) {
    // Whoever is assigned again is the same person; who still is here is there twice.
    if (before.person.status === 'active') throw taken('The externalId is taken.');
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
  const key = Buffer.from(world.random(16)).toString('base64url');
  const deed = { events: [{ event: 'user.added' }], detail: { username: person.username }, revoke: false };
  const [added, untold] = withDeed(world, call, person, deed);
  if (!(await world.people.insert(key, added, await claimed(world, call, person)))) {
    // Somebody else was faster: by what, they tell.
    await claimed(world, call, person);
    throw busy();
  }
  return shown(call, ask, await told(world, call, { key, person: added, version: 1 }, untold), 201);
}

/** Off first, and everything ended: nobody signs in between that and the end of the record. */
async function remove(world: World, call: Call, ask: Ask, key: string): Promise<Answer> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await seen(world, call, key);
    match(ask, versionOf(found));
    const deed = {
      events: [{ event: 'user.removed' }],
      detail: { username: found.person.username },
      revoke: true,
      remove: true,
    };
    const [person, untold] = withDeed(world, call, { ...found.person, status: 'disabled' }, deed);
    if (await world.people.replace(found, person)) {
      await told(world, call, { key, person, version: found.version + 1 }, untold);
      return { status: 204 };
    }
    if (ask.ifMatch !== undefined) throw preconditionFailed();
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
  const changed = async (id: string, next: (before: Found) => Draft) =>
    shown(call, ask, await change(world, call, ask, id, next));
  const resource = {
    list: () => list(world, call, ask),
    create: () => create(world, call, ask),
    show: (id: string) => show(world, call, ask, id),
    async replace(id: string) {
      const draft = draftOf(ask.body);
      // Who isn't said to be off or on stays so.
      return changed(id, ({ person }) => ({ ...draft, active: draft.active ?? person.status === 'active' }));
    },
    async patch(id: string) {
      const operations = operationsOf(ask.body);
      return changed(id, ({ person }) => patched(draftFrom(person, call.client.name), operations));
    },
    remove: (id: string) => remove(world, call, ask, id),
  };
  return answeredBy(resource, ask, key);
}
