import { createHash } from 'node:crypto';
import { text } from '../text.ts';
import { type Answer, type Ask, answeredBy, type Call, only, type World } from './call.ts';
import { externalIdFrom, externalIdsWith } from './change.ts';
import { busy, match, names, preconditionFailed, ROUNDS } from './conditions.ts';
import { notFound, ScimError } from './errors.ts';
import { type GroupChange, groupChangeOf, groupDraftOf } from './group-draft.ts';
import type { FoundGroup, StoredGroup } from './group-store.ts';
import { listed, listingOf } from './listing.ts';
import { equalities } from './matching.ts';
import { joining, leavingOf, memberKeys, membersOf, move, renaming } from './membership.ts';
import { operationsOf } from './patch.ts';
import { type Projection, projected, projectionOf, shows } from './projection.ts';
import { externalIdOf } from './resource.ts';
import { GROUP, type Json } from './terms.ts';
import { seen as seenPerson } from './users.ts';

/** Members in one answer of a list: a page of groups ends before them, and says so by `itemsPerPage`. */
const MOST_MEMBERS = 20_000;

const nameShape = text(128, /[\p{C}\p{Zl}\p{Zp},;|]/u, 'displayName');

/** A name that this client gives. Throws ScimError. */
function nameFrom({ client }: Call, typed: string | undefined): string {
  const parsed = nameShape.safeParse(typed);
  if (!parsed.success) {
    throw new ScimError(400, `${parsed.error.issues.map(({ message }) => message).join('; ')}.`, 'invalidValue');
  }
  if (client.gives.includes(parsed.data)) return parsed.data;
  throw new ScimError(403, 'This client may not have a group of this name: the configuration’s `gives` lists those.');
}

async function seen({ groups }: World, { client }: Call, key: string): Promise<FoundGroup> {
  const found = await groups.get(key);
  if (found === undefined || !client.gives.includes(found.group.displayName)) throw notFound();
  return found;
}

function resourceOf(call: Call, { key, group }: FoundGroup, members?: { json: Json[]; version: string }): Json {
  const { url, client } = call;
  const externalId = externalIdOf(client.name, group);
  return {
    schemas: [GROUP],
    id: key,
    ...(externalId !== undefined && { externalId }),
    displayName: group.displayName,
    ...(members && { members: members.json }),
    meta: {
      resourceType: 'Group',
      created: new Date(group.createdAt).toISOString(),
      lastModified: new Date(group.updatedAt).toISOString(),
      location: `${url}/Groups/${key}`,
      ...(members && { version: members.version }),
    },
  };
}

/** The version also tells who is in it, for people leave groups by other ways too. */
async function membersIn(world: World, call: Call, found: FoundGroup) {
  const hash = createHash('sha256');
  const json: Json[] = [];
  for await (const { key, person } of membersOf(world, call, found.group.displayName)) {
    hash.update(`${key}\n`);
    json.push({ value: key, display: person.name, type: 'User', $ref: `${call.url}/Users/${key}` });
  }
  return { json, version: `W/"${found.version}.${hash.digest('base64url').slice(0, 22)}"` };
}

/** Nobody is read where members aren't shown; then there is no version either. */
async function whole(world: World, call: Call, found: FoundGroup, projection: Projection): Promise<Json> {
  const withMembers = shows(projection, 'members') || shows(projection, 'meta');
  const hidden = projection.without?.some(({ name, sub }) => name === 'members' && sub === undefined);
  return resourceOf(call, found, withMembers && !hidden ? await membersIn(world, call, found) : undefined);
}

async function shown(world: World, call: Call, ask: Ask, found: FoundGroup, status = 200): Promise<Answer> {
  const projection = projectionOf(only(ask, 'attributes'), only(ask, 'excludedAttributes'));
  const resource = await whole(world, call, found, projection);
  const etag = (resource.meta as Json).version;
  if (typeof etag === 'string' && ask.ifNoneMatch !== undefined && names(ask.ifNoneMatch, etag)) {
    return { status: 304, headers: { etag } };
  }
  const headers = { location: `${call.url}/Groups/${found.key}`, ...(typeof etag === 'string' && { etag }) };
  return { status, headers, json: projected(resource, projection) };
}

/** Everybody who is to join, looked at before anything is done. Throws ScimError. */
async function knownPeople(world: World, call: Call, keys: Iterable<string>): Promise<void> {
  for (const key of keys) {
    await seenPerson(world, call, key).catch((error: unknown) => {
      if (!(error instanceof ScimError)) throw error;
      throw new ScimError(400, 'A member is no person whom this client sees.', 'invalidValue');
    });
  }
}

async function create(world: World, call: Call, ask: Ask): Promise<Answer> {
  const draft = groupDraftOf(ask.body);
  const displayName = nameFrom(call, draft.displayName);
  const externalId = externalIdFrom(draft.externalId);
  await knownPeople(world, call, draft.members ?? []);
  const now = world.now();
  const key = Buffer.from(world.random(16)).toString('base64url');
  const externalIds = externalIdsWith([], call.client.name, externalId);
  const group: StoredGroup = { displayName, externalIds, createdAt: now, updatedAt: now };
  if (!(await world.groups.insert(key, group))) throw new ScimError(409, 'The displayName is taken.', 'uniqueness');
  call.forget();
  await call.follow({ audit: [{ event: 'group.added', detail: { group: displayName } }] });
  for (const member of new Set(draft.members)) await move(world, call, member, joining(displayName));
  return shown(world, call, ask, { key, group, version: 1 }, 201);
}

/** Takes the group's next version, so that of two who saw the same one goes on; then people are moved. */
async function change(world: World, call: Call, ask: Ask, key: string, asked: GroupChange): Promise<FoundGroup> {
  const displayName = asked.displayName === undefined ? undefined : nameFrom(call, asked.displayName);
  await knownPeople(world, call, asked.join);
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await seen(world, call, key);
    if (ask.ifMatch !== undefined) match(ask, (await membersIn(world, call, found)).version);
    const { group: before } = found;
    const name = displayName ?? before.displayName;
    const holder = name === before.displayName ? undefined : await world.groups.byName(name);
    if (holder !== undefined && holder.key !== key) throw new ScimError(409, 'The displayName is taken.', 'uniqueness');
    const { externalId: said } = asked;
    const externalIds =
      said === undefined
        ? before.externalIds
        : externalIdsWith(before.externalIds, call.client.name, externalIdFrom(said ?? undefined));
    const group: StoredGroup = { ...before, displayName: name, externalIds, updatedAt: world.now() };
    if (!(await world.groups.replace(found, group))) {
      if (ask.ifMatch !== undefined) throw preconditionFailed();
      continue;
    }
    call.forget();
    await moveAll(world, call, { before: before.displayName, name }, asked);
    return { key, group, version: found.version + 1 };
  }
  throw busy();
}

async function moveAll(
  world: World,
  call: Call,
  { before, name }: { before: string; name: string },
  asked: GroupChange,
): Promise<void> {
  if (name !== before) {
    await call.follow({ audit: [{ event: 'group.renamed', detail: { group: name, previous: before } }] });
    for (const key of await memberKeys(world, call, before)) await move(world, call, key, renaming(before, name));
  }
  const { anew, join, leave, matching } = asked;
  const gone = new Set(leave);
  if (anew || matching.length > 0) {
    for await (const { key, person } of membersOf(world, call, name)) {
      const member = { value: key, display: person.name, type: 'User' };
      if (anew || matching.some((holds) => holds(member))) gone.add(key);
    }
  }
  for (const key of gone) if (!join.has(key)) await move(world, call, key, leavingOf(name));
  for (const key of join) await move(world, call, key, joining(name));
}

/** People first: a group that is left half-way is still there to be removed again. */
async function remove(world: World, call: Call, ask: Ask, key: string): Promise<Answer> {
  const found = await seen(world, call, key);
  if (ask.ifMatch !== undefined) match(ask, (await membersIn(world, call, found)).version);
  const { displayName } = found.group;
  for (const member of await memberKeys(world, call, displayName))
    await move(world, call, member, leavingOf(displayName));
  if (!(await world.groups.remove(found))) throw ask.ifMatch === undefined ? busy() : preconditionFailed();
  call.forget();
  await call.follow({ audit: [{ event: 'group.removed', detail: { group: displayName } }] });
  return { status: 204 };
}

async function* visible({ groups }: World, { client }: Call, name: string | undefined): AsyncGenerator<FoundGroup> {
  const named = name === undefined ? undefined : await groups.byName(name);
  const some = name === undefined ? groups.all() : named ? [named] : [];
  for await (const one of some) if (client.gives.includes(one.group.displayName)) yield one;
}

async function list(world: World, call: Call, ask: Ask): Promise<Answer> {
  const listing = listingOf(ask);
  const projection = projectionOf(only(ask, 'attributes'), only(ask, 'excludedAttributes'));
  const name = equalities(listing.filter).find(({ path }) => path === 'displayname')?.value;
  let told = 0;
  return listed(ask, listing, {
    found: visible(world, call, name),
    resource: (one) => resourceOf(call, one),
    get: world.groups.get,
    async whole(one) {
      const resource = await whole(world, call, one, projection);
      const before = told;
      told += Array.isArray(resource.members) ? resource.members.length : 0;
      return told > MOST_MEMBERS && before > 0 ? undefined : resource;
    },
  });
}

/** `/Groups` and `/Groups/<id>`, RFC 7644 section 3. */
export async function groups(world: World, call: Call, ask: Ask, key: string | undefined): Promise<Answer> {
  const resource = {
    list: () => list(world, call, ask),
    create: () => create(world, call, ask),
    show: async (id: string) => shown(world, call, ask, await seen(world, call, id)),
    async replace(id: string) {
      const { displayName, externalId, members = [] } = groupDraftOf(ask.body);
      const asked: GroupChange = {
        ...(displayName !== undefined && { displayName }),
        externalId: externalId ?? null,
        ...{ anew: true, join: new Set(members), leave: new Set(), matching: [] },
      };
      return shown(world, call, ask, await change(world, call, ask, id, asked));
    },
    async patch(id: string) {
      await change(world, call, ask, id, groupChangeOf(operationsOf(ask.body)));
      return { status: 204 };
    },
    remove: (id: string) => remove(world, call, ask, id),
  };
  return answeredBy(resource, ask, key);
}
