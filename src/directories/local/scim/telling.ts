import type { Consequences, ProgramCall } from '../../../core/program.ts';
import type { Found } from '../people.ts';
import type { Stored, Untold } from '../person.ts';
import type { Call, World } from './call.ts';

/** Milliseconds after which what isn't told yet isn't being told by whoever did it either. */
const LEFT = 2_000;
/** Told before a call, at most. */
const MOST = 50;

/** What is done to somebody, and what follows from it. */
export type Deed = Pick<Untold, 'events' | 'detail' | 'revoke' | 'remove'>;

/**
 * A person with what is done to them: kept by the same write, until it is in the audit and everything that ends by it
 * has ended. Whoever is killed in between leaves it to the next call.
 */
export function withDeed({ now, random }: World, { by }: Call, person: Stored, deed: Deed): [Stored, Untold] {
  const id = Buffer.from(random(16)).toString('base64url');
  const untold: Untold = { id, at: now(), by, ...deed };
  return [{ ...person, untold: [...(person.untold ?? []), untold] }, untold];
}

function consequencesOf(key: string, { events, detail, revoke }: Deed): Consequences {
  return { audit: events.map(({ event }) => ({ event, key, detail })), ...(revoke && { revoke: [key] }) };
}

const without = ({ untold = [], ...person }: Stored, id: string): Stored => {
  const left = untold.filter((one) => one.id !== id);
  return left.length === 0 ? person : { ...person, untold: left };
};

/** The person, without it; as they are by now, where others have changed them. */
async function settled({ people }: World, told: Found, { id, remove }: Untold): Promise<Found> {
  for (let found: Found | undefined = told; found !== undefined; found = await people.get(told.key)) {
    if (remove) {
      if (await people.remove(found)) return found;
      continue;
    }
    const person = without(found.person, id);
    if (await people.replace(found, person)) return { key: found.key, person, version: found.version + 1 };
  }
  return told;
}

/** Carries out what follows from what was written with somebody; answers them as they are after it. */
export async function told(world: World, call: Call, written: Found, untold: Untold): Promise<Found> {
  await call.follow(consequencesOf(written.key, untold));
  return settled(world, written, untold);
}

/** Does that for those whom somebody left who was killed, or whose store was away. */
export async function tellLeft(world: World, { follow }: Pick<ProgramCall, 'follow'>): Promise<void> {
  for (const found of await world.people.untold(MOST)) {
    for (const one of found.person.untold ?? []) {
      if (one.at > world.now() - LEFT) continue;
      const detail = { ...one.detail, doneAt: new Date(one.at).toISOString() };
      await follow(consequencesOf(found.key, { ...one, detail }), one.by);
      await settled(world, (await world.people.get(found.key)) ?? found, one);
    }
  }
}
