import express, { type Request, type Response, type Router } from 'express';
import type { EndedSession } from '../../../core/door.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { LogoutResponse } from '../../../saml/index.ts';
import { deliver } from './delivery.ts';
import { requestEndpoint } from './endpoints.ts';
import { over } from './over.ts';
import { addressee, isSuccess, isUnknown, type LogoutDeps, requestFor } from './ports.ts';
import { createProgress } from './progress.ts';
import { advance, note, type Stop, settle, type Walk } from './walk.ts';
import type { Walks } from './walks.ts';

export interface FrontChannel {
  router: Router;
  /** Begins a walk of this browser; answers the address of ours where it does. */
  begin(ended: EndedSession, next: string, exchange: Exchange): Promise<string>;
  /** Notes an answer that passed the gate, if it was asked for. */
  answered(message: LogoutResponse): Promise<void>;
}

/**
 * Tells service providers by way of the browser (saml-profiles section 4.4.3, Redirect and POST), each by a
 * navigation of its own: a frame would come without that site's cookies. Between two of them the person sees
 * how far it has come; an application that doesn't send the browser back is left behind.
 */
export function createFrontChannel(deps: LogoutDeps, walks: Walks): FrontChannel {
  const { ports, paths } = deps;
  const { show, nameOf } = createProgress(ports, paths.logout);

  /** Sends the browser to a service provider; false where there is no way to it any more. */
  async function visit(res: Response, { application, index, name }: Stop, walk: string): Promise<boolean> {
    const to = await addressee(deps, application, index);
    const endpoint = to && requestEndpoint(to.party.provider);
    const nameId = to?.nameIds.find(({ value }) => value === name);
    if (to === undefined || endpoint === undefined || nameId === undefined) return false;
    const { party } = to;
    const message = await requestFor(deps, { party, nameId }, index, endpoint);
    const { entityId } = party.provider;
    await walks.ask(message.id, { walk, application, index, name: nameId.value, entityId });
    deliver(ports, res, message, { location: endpoint.location, application: await nameOf(application) });
    return true;
  }

  /** The walk of this browser after one step, or a page that says that there is none. */
  async function walked(req: Request, res: Response, step: (walk: Walk) => Walk) {
    const name = walks.of(req);
    const walk = name && (await walks.change(name, step));
    if (name && walk) return { name, walk };
    over(ports, res);
    return undefined;
  }

  const router = express.Router();

  router.get(paths.logout, async (req, res) => {
    const found = await walked(req, res, (walk) => settle(walk, ports.now()));
    if (found) await show(res, found.walk);
  });

  router.get(`${paths.logout}/next`, async (req, res) => {
    let stop: Stop | undefined;
    const found = await walked(req, res, (walk) => {
      const step = advance(walk, ports.now());
      stop = step.stop;
      return step.walk;
    });
    if (found === undefined) return;
    if (stop && (await visit(res, stop, found.name))) return;
    const left = stop;
    if (left !== undefined) await walks.change(found.name, (walk) => note(walk, left, 'unreached'));
    res.redirect(303, paths.logout);
  });

  return {
    router,

    async begin({ account, applications }, next, exchange) {
      const stops: Stop[] = [];
      for (const [application, index] of applications) {
        const nameIds = await deps.participants.nameIdsOf(index);
        stops.push(...nameIds.map(({ value: name }): Stop => ({ application, index, name, state: 'waiting' })));
      }
      await walks.begin(exchange, { account, stops, next });
      return paths.logout;
    },

    async answered({ inResponseTo, issuer, status }) {
      const asked = await walks.answered(inResponseTo, issuer);
      if (asked === undefined) {
        ports.log.warn({ issuer }, 'LogoutResponse to nothing that was asked of its sender');
        return;
      }
      const { application, walk } = asked;
      const fate = isSuccess(status) ? 'told' : isUnknown(status) ? 'unknown' : 'unreached';
      if (fate !== 'told') ports.log.warn({ application, status }, 'an application did not sign the person out');
      await walks.change(walk, (it) => note(it, asked, fate));
    },
  };
}
