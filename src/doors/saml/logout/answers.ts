import express, { type Request, type Response, type Router } from 'express';
import { type LogoutRequest, STATUSES, type Status } from '../../../saml/index.ts';
import type { Party } from '../party.ts';
import { deliver } from './delivery.ts';
import { responseEndpoint } from './endpoints.ts';
import { means } from './matching.ts';
import { over } from './over.ts';
import type { LogoutDeps } from './ports.ts';
import { allTold } from './walk.ts';
import { LIFETIME, newId, type Walks } from './walks.ts';

/** A LogoutRequest that passed the gate, as it is kept while the browser is under way. */
export interface Asking {
  application: string;
  request: Pick<LogoutRequest, 'id' | 'nameId' | 'sessionIndexes' | 'binding' | 'relayState'>;
}

/** The answer that is due when the browser comes back. */
interface Due extends Asking {
  /** Something couldn't be reached from server to server. */
  partial: boolean;
  /** The walk that the browser takes before, by its name. */
  walk?: string;
}

/** Where the person ends whose service provider has no address for an answer. */
const NOWHERE = '/signed-out';

const KIND = 'logout-answer';
/** By the hash of the bond, as walks are. */
const dueOf = (bond: string): string => `saml:logout-due:${bond}`;

export interface Answers {
  router: Router;
  /** Ends this browser's session, if that is the one meant, by way of the other applications; then answers. */
  handle(req: Request, res: Response, asking: Asking): Promise<void>;
}

/** Single logout begun by a service provider (saml-profiles section 4.4). */
export function createAnswers(deps: LogoutDeps, walks: Walks): Answers {
  const { ports, parties, participants, writer, paths } = deps;
  const address = `${paths.logout}/answer`;

  /** Whose session it is decides: nobody's is over already, and another's than the one meant stays as it is. */
  async function refusal(req: Request, res: Response, { application, request }: Asking): Promise<Status | undefined> {
    if ((await ports.core.session(req, res)) === undefined) return STATUSES.success;
    const index = await ports.core.indexOf(req, res, application);
    const nameIds = index === undefined ? [] : await participants.nameIdsOf(index);
    const meant = nameIds.some((nameId) => means(request, { index: index ?? '', nameId }));
    return meant ? undefined : STATUSES.unknownPrincipal;
  }

  async function respond(res: Response, { application, request }: Asking, status: Status): Promise<void> {
    const party = await parties.ofApplication(application);
    const endpoint = party && responseEndpoint(party.provider, request.binding);
    if (party === undefined || endpoint === undefined) return res.redirect(303, NOWHERE);
    const message = writer.response({
      binding: endpoint.binding,
      destination: endpoint.location,
      signer: await deps.signerFor(party),
      inResponseTo: request.id,
      status,
      relayState: request.relayState,
    });
    const name = (await ports.applications.find(application))?.name ?? application;
    deliver(ports, res, message, { location: endpoint.location, application: name });
  }

  async function handle(req: Request, res: Response, asking: Asking): Promise<void> {
    const refused = await refusal(req, res, asking);
    if (refused) {
      ports.log.info(
        { application: asking.application, status: refused.codes },
        'logout of no session of this browser',
      );
      return respond(res, asking, refused);
    }
    const { application } = asking;
    const { next, unreached } = await ports.core.endSession(req, res, { next: address, except: application });
    if (next === address) return respond(res, asking, statusOf(unreached.length > 0));
    const walk = walks.begunWith(res);
    const due: Due = {
      ...asking,
      partial: unreached.length > 0,
      ...(walk !== undefined && { walk }),
    };
    await ports.bonds.make({ req, res }, KIND, newId(ports), LIFETIME, (bond) =>
      ports.ephemeral.set(dueOf(bond), JSON.stringify(due), LIFETIME),
    );
    res.redirect(303, next);
  }

  const router = express.Router();

  // Not used up: an answer that was lost can be fetched again, by this browser alone.
  router.get(address, async (req, res) => {
    const [bond] = ports.bonds.held(req, KIND);
    const stored = bond && (await ports.ephemeral.get(dueOf(bond)));
    if (!stored) return over(ports, res);
    const { partial, walk, ...asking } = JSON.parse(stored) as Due;
    const walked = walk === undefined ? undefined : await walks.find(walk);
    await respond(res, asking, statusOf(partial || (walked !== undefined && !allTold(walked))));
  });

  return { router, handle };
}

const statusOf = (partial: boolean): Status => (partial ? STATUSES.partialLogout : STATUSES.success);

/** What of a verified request is kept. */
export function asking({ application }: Party, request: LogoutRequest): Asking {
  const { id, nameId, sessionIndexes, binding, relayState } = request;
  return {
    application,
    request: { id, nameId, sessionIndexes, binding, ...(relayState !== undefined && { relayState }) },
  };
}
