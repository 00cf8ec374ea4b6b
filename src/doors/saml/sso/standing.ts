import type { Request, Response } from 'express';
import type { Application } from '../../../core/application.ts';
import { NO_REQUEST, type RequestId } from '../../../core/assurance.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { Evaluation } from '../../../core/sign-in.ts';
import { STATUSES, type Status } from '../../../saml/index.ts';
import type { Asked } from './asked.ts';

/** How a request stands with what this browser's session holds. */
export type Standing =
  | { kind: 'satisfied'; evaluation: Evaluation }
  | { kind: 'ask' }
  | { kind: 'refuse'; status: Status };

type StandingPorts = Pick<DoorPorts, 'core' | 'evaluate' | 'browser' | 'durable'>;

/** Asks policy what this session is worth to a request. `request`: of the core, where one led here. */
export async function standing(
  ports: StandingPorts,
  { req, res }: { req: Request; res: Response },
  asked: Asked,
  request: RequestId = NO_REQUEST,
): Promise<Standing> {
  const session = await ports.core.session(req, res);
  const evaluation = await ports.evaluate({
    application: asked.application.id,
    ...session,
    request,
    wants: asked.wants,
    browser: ports.browser(res),
    within: req,
  });
  if (evaluation.missing === 'denied') return { kind: 'refuse', status: STATUSES.requestDenied };
  if (evaluation.impossible || (evaluation.unreachable && evaluation.missing !== 'first')) {
    return { kind: 'refuse', status: STATUSES.noAuthnContext };
  }
  if (!evaluation.satisfied || !(await consented(ports, asked.application, evaluation))) return { kind: 'ask' };
  return { kind: 'satisfied', evaluation };
}

async function consented(
  ports: StandingPorts,
  { id, consent, released = [] }: Application,
  { account }: Evaluation,
): Promise<boolean> {
  if (consent !== 'ask') return true;
  const given = account && (await ports.durable.consents.get(account.id, id));
  return given !== undefined && released.every((name) => given.claims.includes(name));
}
