import type { Response } from 'express';
import type { Account } from '../../core/account.ts';
import type { DoorPorts } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { JourneyStep } from '../../core/journey.ts';
import { type Answers, shownOf } from './answers.ts';
import type { EntraRequest } from './request.ts';
import { redirectOf, type Tenant } from './settings.ts';

/** Somebody who was sent here, and what to answer about them. */
export interface Asked {
  application: string;
  request: EntraRequest;
  sub: string;
  account: string;
  shown?: string;
}

/** The same, with the journey that asks them. */
export interface Walking extends Asked {
  journey: string;
}

/** Under which id that is kept for this browser. */
export interface Under {
  id: string;
  walking: Walking;
}

/** What people see of it, and what goes back to Entra. */
export function createShowing(ports: DoorPorts, answers: Answers, tenants: ReadonlyMap<string, Tenant>) {
  const { render, audit } = ports;

  const baseOf = ({ application }: Pick<Asked, 'application'>): string => `/entra/${application}`;

  const facts = (res: Response) => {
    const { ip, userAgent, reference } = ports.browser(res);
    return { ip, userAgent, reference };
  };

  function tenantOf({ application }: Pick<Asked, 'application'>): Tenant {
    const found = tenants.get(application);
    if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such tenant');
    return found;
  }

  function page(res: Response, name: string, model: Record<string, unknown>, status = 200): void {
    res
      .status(status)
      .type('html')
      .send(render.page(res, name, model, status));
  }

  /** Back to Entra, by a form: the only place where answers go. */
  function answer(res: Response, asked: Pick<Asked, 'application'>, fields: Readonly<Record<string, string>>): void {
    const tenant = tenantOf(asked);
    const action = redirectOf(tenant.settings);
    render.allowFormAction(res, new URL(action).origin);
    const inputs = Object.entries(fields).map(([name, value]) => ({ name, value }));
    page(res, 'form-post', { action, inputs, application: tenant.name });
  }

  async function refuse(res: Response, asked: Asked, reason: string): Promise<void> {
    const { application, account, request } = asked;
    await audit.commit({ event: 'external-method.refused', application, account, reason, ...facts(res) });
    answer(res, asked, answers.refused(request, 'the person could not be verified'));
  }

  /** What was shown serves this one answer: no session, no account and no first proof come of it. */
  async function done(res: Response, asked: Asked, end: Extract<JourneyStep, { kind: 'done' }>): Promise<void> {
    const { application, account, request, sub } = asked;
    const shown = end.account.id === account ? shownOf(request, end.proofs) : undefined;
    if (shown === undefined) return refuse(res, asked, 'nothing shown that was asked for');
    await audit.commit({ event: 'external-method.answered', application, account, ...shown, ...facts(res) });
    answer(res, asked, await answers.shown(tenantOf(asked), request, sub, shown));
  }

  function asks(asked: Asked) {
    const { name } = tenantOf(asked);
    return { application: name, purpose: 'sign-in' as const };
  }

  /** Whom it is for, before anything is sent to anybody's phone: another site could have sent the browser here. */
  function question(res: Response, id: string, asked: Asked, account: Account): void {
    const base = baseOf(asked);
    page(res, 'prompt', {
      ...asks(asked),
      ...{ action: `${base}/begin`, csrf: id, factor: 'entra' },
      account: { username: account.username, name: account.name },
      prompt: {
        kind: 'notice',
        title: { key: 'title' },
        text: { key: 'text', values: { name: asked.shown ?? account.username } },
      },
      cancel: `${base}/cancel`,
    });
  }

  /** A step of the journey, or what it comes to. */
  async function step(
    res: Response,
    { id, walking }: Under,
    now: Exclude<JourneyStep, { kind: 'done' | 'refused' }>,
  ): Promise<void> {
    const account = await ports.account(walking.account);
    if (account === undefined) return refuse(res, walking, 'no account');
    const base = baseOf(walking);
    const here = `${base}/step?at=${id}`;
    const common = {
      ...asks(walking),
      ...{ action: `${base}/step`, csrf: `${id}.${now.nonce}` },
      account: { username: account.username, name: account.name },
      ...(now.error ? { error: now.error } : {}),
      cancel: `${base}/cancel`,
    };
    if (now.kind === 'choose') {
      const methods = now.methods.map(({ factor, ...rest }) => ({ value: factor, factor, ...rest }));
      return page(res, 'choose-method', { ...common, methods, lends: [], back: here });
    }
    const { factor, prompt, also, second } = now;
    const query = `?at=${id}&step=${now.nonce}`;
    const waiting = { events: `${base}/events${query}`, state: `${base}/state${query}`, page: here };
    page(res, 'prompt', {
      ...common,
      ...{ factor, prompt, ...(also.length > 0 ? { also } : {}) },
      ...('waits' in prompt && prompt.waits !== undefined ? { waiting } : {}),
      ...(second ? { cannot: `${base}/methods?at=${id}` } : {}),
    });
  }

  return { baseOf, question, step, done, refuse };
}

export type Showing = ReturnType<typeof createShowing>;
