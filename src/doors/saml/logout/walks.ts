import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoorPorts } from '../../../core/door.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { hashOf } from '../hash.ts';
import { applicationsOf, changes, type Walk } from './walk.ts';

/** Half an hour, as a sign-in has. Milliseconds. */
export const LIFETIME = 1_800_000;

/** A LogoutRequest that a browser has taken to a service provider, and that isn't answered yet. */
export interface Asked {
  /** The walk, by its name. */
  walk: string;
  application: string;
  /** SessionIndex, and the value of the NameID. */
  index: string;
  name?: string;
  entityId: string;
}

const KIND = 'logout';
const keyOf = (walk: string): string => `saml:logout:${walk}`;
const askedOf = (id: string): string => `saml:logout-asked:${hashOf(id)}`;

/** For what has a bond and no address. */
export const newId = ({ random }: Pick<DoorPorts, 'random'>): string => Buffer.from(random(32)).toString('base64url');

type WalkPorts = Pick<DoorPorts, 'ephemeral' | 'audit' | 'bonds' | 'random'>;

/**
 * Walks under way. No address leads to one: its name is the hash of the bond that only its browser holds, and of
 * several that one browser has it shows the newest.
 */
export function createWalks({ ephemeral, audit, bonds, random }: WalkPorts) {
  const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as Walk));
  const begun = new WeakMap<ServerResponse, string>();

  function record(before: Walk, after: Walk): void {
    for (const { application, fate } of changes(before, after)) {
      const event = fate === 'told' ? 'logout.application' : 'logout.unreached';
      audit.note({ event, account: after.account, application });
    }
  }

  return {
    /** Begins a walk of this browser. */
    async begin(exchange: Exchange, walk: Walk): Promise<void> {
      await bonds.make(exchange, KIND, newId({ random }), LIFETIME, async (name) => {
        await ephemeral.set(keyOf(name), JSON.stringify(walk), LIFETIME);
        begun.set(exchange.res, name);
      });
      const applications = applicationsOf(walk).map(({ application }) => application);
      audit.note({ event: 'logout.by-browser', account: walk.account, applications });
    },

    /** Name of the walk that began with this answer. */
    begunWith: (res: ServerResponse): string | undefined => begun.get(res),

    /** Name of this browser's walk. */
    of: (req: IncomingMessage): string | undefined => bonds.held(req, KIND)[0],

    async find(name: string): Promise<Walk | undefined> {
      return read(await ephemeral.get(keyOf(name)));
    },

    /** Changes a walk, whatever else does at the same moment. */
    async change(name: string, step: (walk: Walk) => Walk): Promise<Walk | undefined> {
      for (;;) {
        const stored = await ephemeral.get(keyOf(name));
        const before = read(stored);
        if (stored === undefined || before === undefined) return undefined;
        const after = step(before);
        if (after === before) return after;
        if (!(await ephemeral.swap(keyOf(name), stored, JSON.stringify(after)))) continue;
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
