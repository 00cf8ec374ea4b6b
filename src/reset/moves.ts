import type { Browser } from '../core/browser.ts';
import { missingFor } from '../policy/index.ts';
import { newCode } from './codes.ts';
import type { Demands } from './demands.ts';
import type { Messages } from './messages.ts';
import type { ResetNeeds } from './needs.ts';
import type { Offers } from './offers.ts';
import { type Loaded, MOST_SENT, type Stage, type State, type States } from './states.ts';
import type { View } from './view.ts';

interface Parts {
  demands: Demands;
  messages: Messages;
  offers: Offers;
  states: States;
  view: View;
}

/** From one step to the next. */
export function createMoves(deps: Pick<ResetNeeds, 'now' | 'random' | 'issuer'>, parts: Parts) {
  const { demands, messages, offers, states, view } = parts;

  /** At another step, with nothing wrong. */
  function at(state: State, stage: Stage, more: Partial<State> = {}): State {
    const { error: _, ...rest } = state;
    return { ...rest, ...more, stage, nonce: states.nonce() };
  }

  /** At the same one, with what was wrong. */
  const fail = (id: string, loaded: Loaded, error: NonNullable<State['error']>) =>
    states.save(id, loaded, { ...loaded.state, error, nonce: states.nonce() });

  /** The message goes out once that it was asked for is kept. */
  async function send(id: string, loaded: Loaded, way: 'mail' | 'text', browser: Browser): Promise<void> {
    const { state } = loaded;
    if (state.sent >= MOST_SENT) return void (await fail(id, loaded, { key: 'reset.sent-enough' }));
    const account = await demands.known(state);
    const code = newCode(deps.random);
    const sentAt = deps.now();
    const next = at(state, { at: 'sent', way, code, sentAt }, { sent: state.sent + 1 });
    if ((await states.save(id, loaded, next)) === undefined) return;
    const link = `${deps.issuer}/reset/${id}?code=${code}`;
    messages.send({ who: account ? { account } : { name: state.name }, way, code, sentAt, link }, browser);
  }

  return {
    at,
    fail,

    /** Takes a way, if it is one of those that are offered. */
    async choose(id: string, loaded: Loaded, value: string | undefined, browser: Browser): Promise<void> {
      const { state } = loaded;
      const way = (await view.waysOf(state)).find((one) => one.value === value);
      if (way === undefined) return;
      if (way.kind === 'mail' || way.kind === 'text') return send(id, loaded, way.kind, browser);
      const account = await demands.known(state);
      const shown = state.shown.map(({ kind }) => kind);
      const missing = account ? missingFor(await demands.of(account), shown) : [];
      const stage = await offers.stageOf(way, account, missing, browser);
      if (stage) await states.save(id, loaded, at(state, stage));
    },

    /** The same message anew. */
    send,
  };
}

export type Moves = ReturnType<typeof createMoves>;
