import type { Request, Response } from 'express';
import type { DoorPorts } from '../../../core/door.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { type AuthnRequest, checkedRelayState, type Gate, SamlFault } from '../../../saml/index.ts';
import { AbsentFault } from '../absent.ts';
import type { Parties } from '../metadata/registry.ts';
import type { Party } from '../party.ts';
import type { Answers } from './answers.ts';
import type { Asked } from './asked.ts';
import { assertionConsumerService } from './endpoint.ts';
import { expired } from './expired.ts';
import type { Pending, PendingRequests } from './pending.ts';

export interface RequestsDeps {
  ports: DoorPorts;
  gate: Gate<Party>;
  parties: Parties;
  answers: Pick<Answers, 'asked' | 'mayStart'>;
  /** Our address that AuthnRequests are sent to. */
  endpoint: string;
}

/** Requests in full, whichever way they come: from a service provider, after a wait, or begun here. */
export interface Requests {
  /** A message as it was sent: a query, or a form. Throws what the gate throws. */
  receive(req: Request, res: Response, sent: { query?: string; body?: string }): Promise<Asked>;
  /** The request that waited under this id, if this browser brought it. */
  waiting(exchange: Exchange, id: unknown, take: PendingRequests['take']): Promise<Asked>;
  /** Without a request of a service provider's, where it may begin so: by Shibboleth's names of the parameters. */
  started(req: Request, res: Response): Promise<Asked>;
}

export function createRequests({ ports, gate, parties, answers, endpoint }: RequestsDeps): Requests {
  /** The request in full: who asks, where the answer goes, what it wants. */
  async function askedOf(party: Party, { request, relayState, since }: Omit<Pending, 'application'>): Promise<Asked> {
    const application = await ports.applications.find(party.application);
    if (application === undefined) throw new SamlFault('metadata', `no application ${party.application}`);
    const acs = assertionConsumerService(party.provider, request);
    return answers.asked({
      party,
      application,
      acs,
      since,
      ...(request && { request }),
      ...(relayState !== undefined && { relayState }),
    });
  }

  async function receive(req: Request, res: Response, sent: { query?: string; body?: string }): Promise<Asked> {
    const binding = sent.body === undefined ? 'redirect' : 'post';
    const { account } = (await ports.core.session(req, res)) ?? {};
    const by = { browser: ports.browser(res), account };
    const { message: request, party } = await gate.receive({ binding, kinds: ['AuthnRequest'], endpoint, by, ...sent });
    const { relayState } = request;
    const asked = await askedOf(party, {
      request: request as AuthnRequest,
      since: ports.now(),
      ...(relayState !== undefined && { relayState }),
    });
    ports.log.debug({ application: asked.application.id, reference: ports.browser(res).reference }, 'AuthnRequest');
    return asked;
  }

  async function waiting(exchange: Exchange, id: unknown, take: PendingRequests['take']): Promise<Asked> {
    const found = await take(exchange, id);
    if (found === undefined) throw expired('no request waits under this id');
    const party = await parties.ofApplication(found.application);
    if (party !== undefined) return askedOf(party, found);
    // Its metadata ended, or was withdrawn, while the person was under way.
    const absence = parties.absenceOf(found.application);
    throw absence ? new AbsentFault(absence) : expired(`nobody is ${found.application} any more`);
  }

  async function started(req: Request, res: Response): Promise<Asked> {
    const { providerId, target } = req.query;
    const by = { browser: ports.browser(res) };
    const party = typeof providerId === 'string' ? await parties.party(providerId, by) : undefined;
    const absence = party === undefined && typeof providerId === 'string' ? parties.absence(providerId) : undefined;
    if (absence) throw new AbsentFault(absence);
    if (party === undefined || !answers.mayStart(party)) {
      throw new SallyportError('ERR_NOT_FOUND', `no sign-in begins here for ${String(providerId)}`);
    }
    const relayState = checkedRelayState(typeof target === 'string' ? target : undefined);
    return askedOf(party, { since: ports.now(), ...relayState });
  }

  return { receive, waiting, started };
}

/** What is kept of a request while its person is under way. */
export function pendingOf({ application, request, relayState, since }: Asked): Pending {
  return {
    application: application.id,
    since,
    ...(request && { request }),
    ...(relayState !== undefined && { relayState }),
  };
}
