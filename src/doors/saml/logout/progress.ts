import type { Response } from 'express';
import type { LocalizedText } from '../../../core/account.ts';
import type { DoorPorts } from '../../../core/door.ts';
import { allTold, applicationsOf, isOver, PATIENCE, type Stop, type Walk } from './walk.ts';

/** How long a page with nothing to decide is shown, milliseconds: long enough to be seen and read out. */
const GLANCE = 900;

export interface Progress {
  /** The page that says how far a walk has come, and leads on. */
  show(res: Response, walk: Walk): Promise<void>;
  /** What an application is called to people. */
  nameOf(application: string): Promise<LocalizedText>;
}

/** What a person sees of a walk, between two navigations and at its end. `base`: path below which its pages stand. */
export function createProgress(ports: Pick<DoorPorts, 'applications' | 'render' | 'now'>, base: string): Progress {
  async function show(res: Response, walk: Walk): Promise<void> {
    const ended = isOver(walk);
    const applications = await Promise.all(
      applicationsOf(walk).map(async ({ application, state }) => ({ name: await nameOf(application), state })),
    );
    const after = ended ? (allTold(walk) ? GLANCE : undefined) : Math.max(GLANCE, timeLeft(walk.stops));
    const next = ended ? walk.next : `${base}/next`;
    const model = { applications, next, ...(after !== undefined && { after }) };
    res.type('html').send(ports.render.page(res, 'leaving', model));
  }

  /** Until the one that the browser came back from is given up. */
  function timeLeft(stops: readonly Stop[]): number {
    const under = stops.find(({ state }) => state === 'telling');
    return under?.since === undefined ? 0 : under.since + PATIENCE - ports.now();
  }

  async function nameOf(application: string) {
    return (await ports.applications.find(application))?.name ?? application;
  }

  return { show, nameOf };
}
