import type { DoorPorts } from '../../../core/door.ts';
import { hashOf, type Secret } from '../cookie.ts';
import { changes, type Walk } from './walk.ts';

/** Half an hour, as a sign-in has. Milliseconds. */
export const LIFETIME = 1_800_000;

/** A LogoutRequest that a browser has taken to a service provider, and that isn't answered yet. */
export interface Asked {
  /** Hash of the browser's cookie: its walk's. */
  browser: string;
  application: string;
  /** SessionIndex. */
  index: string;
  entityId: string;
}

const walkOf = (browser: string): string => `saml:logout:${browser}`;
const askedOf = (id: string): string => `saml:logout-asked:${hashOf(id)}`;

/** Walks under way, one for each browser, under its cookie: no address leads to one. */
export function createWalks({ ephemeral, audit }: Pick<DoorPorts, 'ephemeral' | 'audit'>) {
  const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as Walk));

  function record(before: Walk, after: Walk): void {
    for (const { application, fate } of changes(before, after)) {
      const event = fate === 'told' ? 'logout.application' : 'logout.unreached';
      audit.note({ event, account: after.account, application });
    }
  }

  return {
    /** Begins a walk, in the place of one that this browser had. */
    async begin(browser: Secret, walk: Walk): Promise<void> {
      await ephemeral.set(walkOf(hashOf(browser)), JSON.stringify(walk), LIFETIME);
      const applications = walk.stops.map(({ application }) => application);
      audit.note({ event: 'logout.by-browser', account: walk.account, applications });
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
