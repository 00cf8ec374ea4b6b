import type { Request, Response } from 'express';
import { REFEDS_MFA } from '../../core/assurance.ts';
import type { DoorPorts } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Caller, JourneyStep } from '../../core/journey.ts';
import { parametersOf } from '../../core/parameters.ts';
import type { Answer, PromptKind } from '../../core/prompt.ts';
import type { Asked, Showing, Under, Walking } from './showing.ts';

export const PRESENTS: readonly PromptKind[] = ['code', 'number', 'wait', 'ceremony', 'notice', 'choice'];

/** Entra gives up after five minutes. */
const PATIENCE = 5 * 60_000;
/** How long a page without events waits for news, milliseconds. */
const MOMENT = 3_000;
const ASKED = 'entra';
const WALKING = 'entra-walk';

/** What the form says: one of each name. */
function fieldsOf(req: Request): Answer {
  const all = Object.entries(parametersOf(typeof req.body === 'string' ? req.body : ''));
  return Object.fromEntries(all.filter((field): field is [string, string] => typeof field[1] === 'string'));
}

const expired = (detail: string) => new SallyportError('ERR_SIGN_IN_EXPIRED', detail);

/** The way from Entra's request to our answer; a browser is a caller here: nothing that it remembers counts. */
export function createWalk(ports: DoorPorts, showing: Showing) {
  const { journey, deposits } = ports;
  const { baseOf, refuse } = showing;

  function callerOf(res: Response): Caller {
    const { ip, userAgent, locale } = ports.browser(res);
    return { ip, userAgent, locale };
  }

  async function show(req: Request, res: Response, under: Under, step: JourneyStep): Promise<void> {
    if (step.kind !== 'done' && step.kind !== 'refused') return showing.step(res, under, step);
    await deposits.take({ req, res }, WALKING, under.id);
    if (step.kind === 'done') return showing.done(res, under.walking, step);
    return refuse(res, under.walking, step.message.key);
  }

  /** What is under way in this browser: it stays until it is answered. */
  async function underWay(req: Request, id: string): Promise<Under> {
    const kept = await deposits.look({ req }, WALKING, id);
    if (kept === undefined) throw expired('no such step of this browser');
    return { id, walking: JSON.parse(kept) as Walking };
  }

  return {
    /** Keeps what was asked for the browser that brought it; our own GET follows. */
    async arrive(req: Request, res: Response, asked: Asked): Promise<void> {
      const id = await deposits.put({ req, res }, ASKED, JSON.stringify(asked), PATIENCE);
      res.redirect(303, `${baseOf(asked)}/continue?at=${id}`);
    },

    async question(req: Request, res: Response): Promise<void> {
      const id = String(req.query.at ?? '');
      const kept = await deposits.look({ req }, ASKED, id);
      if (kept === undefined) throw expired('nothing was asked in this browser');
      const asked = JSON.parse(kept) as Asked;
      const account = await ports.account(asked.account);
      if (account === undefined) return refuse(res, asked, 'no account');
      showing.question(res, id, asked, account);
    },

    async begin(req: Request, res: Response): Promise<void> {
      const { csrf } = fieldsOf(req);
      const kept = await deposits.take({ req, res }, ASKED, csrf);
      if (kept === undefined) throw expired('nothing was asked in this browser');
      const asked = JSON.parse(kept) as Asked;
      const { id, step } = await journey.begin({
        application: asked.application,
        // Whatever rules say of this application: something beside knowledge was asked for.
        wants: { acrValues: [REFEDS_MFA], acrEssential: true },
        vouched: { account: asked.account },
        presents: PRESENTS,
        from: callerOf(res),
      });
      const walking: Walking = { ...asked, journey: id };
      const under = await deposits.put({ req, res }, WALKING, JSON.stringify(walking), PATIENCE);
      await show(req, res, { id: under, walking }, step);
    },

    async answer(req: Request, res: Response): Promise<void> {
      const { csrf = '', ...answer } = fieldsOf(req);
      const [id = '', nonce = ''] = csrf.split('.');
      const under = await underWay(req, id);
      await show(req, res, under, await journey.answer(under.walking.journey, callerOf(res), answer, nonce));
    },

    async look(req: Request, res: Response): Promise<void> {
      const under = await underWay(req, String(req.query.at ?? ''));
      await show(req, res, under, await journey.look(under.walking.journey, callerOf(res)));
    },

    async methods(req: Request, res: Response): Promise<void> {
      const under = await underWay(req, String(req.query.at ?? ''));
      await show(req, res, under, await journey.instead(under.walking.journey, callerOf(res)));
    },

    /** The same where events can't be had: answers once there is news, or after a moment, and the page asks. */
    async state(req: Request, res: Response): Promise<void> {
      const { walking } = await underWay(req, String(req.query.at ?? ''));
      await journey.changed(walking.journey, String(req.query.step ?? ''), AbortSignal.timeout(MOMENT));
      res.json({ changed: true });
    },

    /** Says that there is something to ask for. */
    async events(req: Request, res: Response): Promise<void> {
      const { walking } = await underWay(req, String(req.query.at ?? ''));
      const over = new AbortController();
      res.once('close', () => over.abort());
      res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.flushHeaders();
      await journey.changed(walking.journey, String(req.query.step ?? ''), over.signal);
      res.end('event: changed\ndata: 1\n\n');
    },

    async cancel(req: Request, res: Response): Promise<void> {
      const [id] = (fieldsOf(req).csrf ?? '').split('.');
      const kept = (await deposits.take({ req, res }, ASKED, id)) ?? (await deposits.take({ req, res }, WALKING, id));
      if (kept === undefined) throw expired('nothing was asked in this browser');
      const asked = JSON.parse(kept) as Asked & Partial<Walking>;
      if (asked.journey !== undefined) await journey.leave(asked.journey);
      await refuse(res, asked, 'cancelled');
    },
  };
}
