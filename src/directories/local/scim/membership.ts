import type { Found } from '../people.ts';
import type { Call, World } from './call.ts';
import { isOver } from './clients.ts';
import { busy, ROUNDS } from './conditions.ts';
import { ScimError } from './errors.ts';
import { told, withDeed } from './telling.ts';

/** As many as a person may be entered with. */
const MOST_GROUPS = 500;

/** Groups of a person before and after, for one reason. */
interface Move {
  event: 'group.member-added' | 'group.member-removed' | 'user.updated';
  group: string;
  groups(before: readonly string[]): string[];
}

export const joining = (group: string): Move => ({
  event: 'group.member-added',
  group,
  groups: (before) => (before.includes(group) ? [...before] : [...before, group]),
});

export const leavingOf = (group: string): Move => ({
  event: 'group.member-removed',
  group,
  groups: (before) => before.filter((one) => one !== group),
});

export const renaming = (from: string, to: string): Move => ({
  event: 'user.updated',
  group: to,
  groups: (before) => [...new Set(before.map((one) => (one === from ? to : one)))],
});

/** Moves one person, if this client sees them; false where they are gone or hidden by now. */
export async function move(world: World, call: Call, key: string, move: Move): Promise<boolean> {
  const { people, settings, now } = world;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await people.get(key);
    if (found === undefined || !isOver(call.client, found.person)) return false;
    const { person } = found;
    const groups = move.groups(person.groups);
    if (groups.length === person.groups.length && groups.every((one) => person.groups.includes(one))) return true;
    if (groups.length > MOST_GROUPS) {
      throw new ScimError(400, `${key} would be in more than ${MOST_GROUPS} groups.`, 'invalidValue');
    }
    const revoke = person.groups.some((one) => !groups.includes(one) && settings.leaving.includes(one));
    const deed = { events: [{ event: move.event }], detail: { username: person.username, group: move.group }, revoke };
    const [after, untold] = withDeed(world, call, { ...person, groups, updatedAt: now() }, deed);
    if (!(await people.replace(found, after))) continue;
    await told(world, call, { key, person: after, version: found.version + 1 }, untold);
    return true;
  }
  throw busy();
}

/** Members whom this client sees, in order of ids. */
export async function* membersOf({ people }: World, { client }: Call, group: string): AsyncGenerator<Found> {
  for await (const found of people.all()) {
    if (found.person.groups.includes(group) && isOver(client, found.person)) yield found;
  }
}

/** Their keys, so that changes on the way don't move the list. */
export async function memberKeys(world: World, call: Call, group: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of membersOf(world, call, group)) keys.push(key);
  return keys;
}
