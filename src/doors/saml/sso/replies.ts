import type { Request, Response } from 'express';
import type { Browser } from '../../../core/browser.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { PlainForm } from '../../../core/plain.ts';
import type { Evaluation } from '../../../core/sign-in.ts';
import type { Status } from '../../../saml/index.ts';
import type { Answers } from './answers.ts';
import type { Asked } from './asked.ts';
import { expired } from './expired.ts';

export interface Replies {
  /** Writes down that an assertion was issued. */
  tell(asked: Asked, account: string, browser: Browser, facts: Readonly<Record<string, unknown>>): void;
  /** An assertion about whoever this browser's session is of; a refusal where the request's own wishes forbid one. */
  succeed(req: Request, res: Response, asked: Asked, evaluation: Evaluation): Promise<void>;
  refuse(res: Response, asked: Asked, status: Status): void;
}

/** Sends answers to service providers by way of the browser, and writes down what they were. */
export function createReplies(ports: DoorPorts, answers: Pick<Answers, 'success' | 'failure'>): Replies {
  async function succeed(req: Request, res: Response, asked: Asked, evaluation: Evaluation): Promise<void> {
    const joined = await ports.core.join(req, res, asked.application.id);
    const { account } = evaluation;
    if (joined === undefined || account === undefined || joined.account !== account.id)
      throw expired('another session');
    const answered = await answers.success(asked, { account, evaluation, joined });
    if (answered.kind === 'refused') return refuse(res, asked, answered.status);
    // Whoever ended everything meanwhile either has told this application, which has its part in the session by now,
    // or shows here.
    if ((await ports.account(account.id))?.generation !== account.generation) throw expired('all of it has ended');
    tell(asked, account.id, ports.browser(res), answered.facts);
    send(res, asked, answered.xml);
  }

  function tell(
    { application: { id: application } }: Asked,
    account: string,
    { ip, userAgent, reference }: Browser,
    facts: Readonly<Record<string, unknown>>,
  ): void {
    ports.audit.note({ event: 'assertion.issued', account, application, ...{ ip, userAgent, reference }, ...facts });
  }

  function refuse(res: Response, asked: Asked, status: Status): void {
    const { ip, userAgent, reference } = ports.browser(res);
    const reason = status.codes.at(-1) ?? '';
    ports.audit.note({
      event: 'assertion.refused',
      application: asked.application.id,
      ip,
      userAgent,
      reference,
      reason,
    });
    send(res, asked, answers.failure(asked, status));
  }

  /** HTTP-POST binding (saml-bindings section 3.5): a form that submits itself. */
  function send(res: Response, asked: Asked, xml: string): void {
    // Chromium follows `form-action` through redirects: whose hosts these lead to, the service provider alone knows.
    ports.render.allowFormAction(res, new URL(asked.acs).protocol);
    // Across sites `same-origin` would send `Origin: null` with the form, and some applications refuse that.
    res.setHeader('referrer-policy', 'strict-origin');
    res.type('html').send(ports.render.page(res, 'form-post', { ...formOf(asked, xml) }));
  }

  return { tell, succeed, refuse };
}

/** The form that takes a Response to its service provider. */
export function formOf({ acs, application, relayState }: Asked, xml: string): PlainForm {
  const inputs = [{ name: 'SAMLResponse', value: Buffer.from(xml).toString('base64') }];
  if (relayState !== undefined) inputs.push({ name: 'RelayState', value: relayState });
  return { action: acs, inputs, application: application.name };
}
