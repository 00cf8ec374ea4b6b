import type { DoorPorts } from '../../../core/door.ts';
import { hashOf, newSecret, type Secret } from './cookie.ts';
import { changes, type Walk } from './walk.ts';

/** Half an hour, as a sign-in has. Milliseconds. */
export const LIFETIME = 1_800_000;

/** A LogoutRequest that a browser has taken to a service provider, and that isn't answered yet. */
export interface Asked {
  /** Hash of the browser's cookie: its walk's. */
  browser: string;
  application: string;
  entityId: string;
}

const entryOf = (id: Secret): string => `saml:logout-entry:${hashOf(id)}`;
const walkOf = (browser: string): string => `saml:logout:${browser}`;
const askedOf = (id: string): string => `saml:logout-asked:${hashOf(id)}`;

/**
 * Walks under way. One begins under the random id of an address, which the first browser that opens it uses up;
 * from then on it stands under that browser's cookie, and no address leads to it.
 */
export function createWalks({ ephemeral, audit, random }: Pick<DoorPorts, 'ephemeral' | 'audit' | 'random'>) {
  const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as Walk));

  function record(before: Walk, after: Walk): void {
    for (const { application, fate } of changes(before, after)) {
      const event = fate === 'told' ? 'logout.application' : 'logout.unreached';
      audit.note({ event, account: after.account, application });
    }
  }

  return {
    /** Keeps a walk until a browser comes for it; answers the id to come with. */
    async begin(walk: Walk): Promise<Secret> {
      const id = newSecret(random);
      await ephemeral.set(entryOf(id), JSON.stringify(walk), LIFETIME);
      const applications = walk.stops.map(({ application }) => application);
      audit.note({ event: 'logout.by-browser', account: walk.account, applications });
      return id;
    },

    /** Gives the walk to this browser; false where another has it already, or its time is over. */
    async claim(id: Secret, browser: Secret): Promise<boolean> {
      const walk = await ephemeral.take(entryOf(id));
      if (walk === undefined) return false;
      await ephemeral.set(walkOf(hashOf(browser)), walk, LIFETIME);
      return true;
    },

    async of(browser: Secret): Promise<Walk | undefined> {
      return read(await ephemeral.get(walkOf(hashOf(browser))));
    },

    /** Changes a walk, whatever else does at the same moment. `browser`: hash of its cookie. */
    async change(browser: string, step: (walk: Walk) => Walk): Promise<Walk | undefined> {
      for (;;) {
        const stored = await ephemeral.get(walkOf(browser));
        const before = read(stored);
        if (stored === undefined || before === undefined) return undefined;
        const after = step(before);
        if (after === before) return after;
        if (!(await ephemeral.swap(walkOf(browser), stored, JSON.stringify(after)))) continue;
        record(before, after);
        return after;
      }
    },

    /** Keeps what a LogoutRequest was sent for, before it is sent. `id`: of the message. */
    async ask(id: string, asked: Asked): Promise<void> {
      await ephemeral.set(askedOf(id), JSON.stringify(asked), LIFETIME);
    },

    /**
     * What was asked with this message, once, and only for the one that was asked: another that names its id
     * (InResponseTo) neither answers for it nor uses it up.
     */
    async answered(id: string, entityId: string): Promise<Asked | undefined> {
      const stored = await ephemeral.get(askedOf(id));
      if (stored === undefined || (JSON.parse(stored) as Asked).entityId !== entityId) return undefined;
      const taken = await ephemeral.take(askedOf(id));
      return taken === undefined ? undefined : (JSON.parse(taken) as Asked);
    },
  };
}

export type Walks = ReturnType<typeof createWalks>;
