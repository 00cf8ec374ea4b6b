import { createHash } from 'node:crypto';
import { contextOf } from '../accounts/context.ts';
import type { Browser } from '../core/browser.ts';
import { SallyportError } from '../core/errors.ts';
import type { From, JourneyPort, JourneyRefusal, JourneyRequest, JourneyStep } from '../core/journey.ts';
import type { Answer } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Dispatcher } from './advance.ts';
import { browserOfCaller } from './callers.ts';
import type { Look } from './look.ts';
import type { SignInNeeds } from './needs.ts';
import type { Progress } from './progress.ts';
import type { Reactions } from './reactions.ts';
import { about } from './results.ts';
import type { States } from './states.ts';
import { PATIENCE } from './states.ts';
import type { State } from './steps.ts';
import type { Waits } from './waiting.ts';

interface Parts {
  dispatcher: Dispatcher;
  states: States;
  progress: Progress;
  react: Reactions;
  look: Look;
  waiting: Waits;
}

/** Pages of ours that lead on, by the message that refuses. */
const ADDRESSES: Readonly<Record<string, string>> = { 'elsewhere.enrol': '/enrol' };

/**
 * The journey as doors present it that don't send people to our pages: each request is kept under a random id of its
 * own, and taken when it ends. No session is asked, and nothing is left for one.
 */
export function createElsewhere(deps: SignInNeeds, { dispatcher, states, progress, react, look, waiting }: Parts) {
  const { ephemeral, load, sealer, strangers } = deps;
  const fresh = (bytes: number): string => Buffer.from(deps.random(bytes)).toString('base64url');

  return function portOf(door: string): JourneyPort {
    const keyOf = (id: string) => `journey:{${createHash('sha256').update(`${door} ${id}`).digest('base64url')}}`;

    const browserOf = (from: From) => browserOfCaller(deps, door, from);

    async function requestOf(id: string): Promise<SignInRequest> {
      const stored = await ephemeral.get(keyOf(id));
      if (stored === undefined) throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'no such sign-in waits at this door');
      const request = JSON.parse(sealer.open(stored, keyOf(id))) as SignInRequest;
      await own(request.application);
      return request.presenter ? { ...request, presenter: { ...request.presenter, begun: true } } : request;
    }

    /** Asked at every step: a member can leave its federation, and what was configured be so no more. */
    async function own(application: string): Promise<void> {
      if ((await deps.applications.find(application))?.door === door) return;
      throw new SallyportError('ERR_NOT_FOUND', `${application} is no application of the door ${door}`);
    }

    /** Of any number of answers one ends it. */
    async function end(id: string): Promise<void> {
      if ((await ephemeral.take(keyOf(id))) !== undefined) return strangers.release(keyOf(id));
      throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'this sign-in has ended');
    }

    function refused(nonce: string, key: string, refusal: JourneyRefusal): JourneyStep {
      const address = `${deps.issuer}${ADDRESSES[key] ?? '/account'}`;
      return { nonce, kind: 'refused', message: { key, values: { address } }, refusal };
    }

    /** All is proven; asked once more as things stand in the moment in which it is given out. */
    async function finish(request: SignInRequest, state: State, browser: Browser): Promise<JourneyStep> {
      const { nonce } = state;
      const { account, level, satisfied, acr, amr, authTime, expires, proofs } = await dispatcher.evaluate(
        request,
        state,
        browser,
      );
      if (satisfied && account && level !== undefined && authTime !== undefined) {
        const ends = expires === undefined ? {} : { expires };
        return { nonce, kind: 'done', account, level, ...(acr ? { acr } : {}), amr, authTime, ...ends, proofs };
      }
      const key = 'elsewhere.changed';
      deps.audit.note({ event: 'sign-in.denied', reason: key, ...about(request, browser, state.account) });
      return { nonce, kind: 'refused', message: { key }, refusal: 'login_required' };
    }

    async function present(id: string, request: SignInRequest, state: State, browser: Browser): Promise<JourneyStep> {
      const { nonce, stage, error } = state;
      const common = { nonce, ...(error ? { error } : {}) };
      switch (stage.at) {
        case 'first':
        case 'method': {
          const { factor, prompt } = stage;
          const also = (stage.also ?? []).map((it) => ({ factor: it.factor, prompt: it.prompt }));
          return { ...common, kind: 'prompt', factor, prompt, also, second: stage.at === 'method' };
        }
        case 'refused':
          await end(id);
          return refused(nonce, stage.message, stage.error);
        case 'done':
          await end(id);
          return finish(request, state, browser);
        default:
          throw new Error(`a door that presents the prompts itself was led to ${stage.at}`);
      }
    }

    /** A sign-in of the same application, which may have ended meanwhile. */
    async function joinable(id: string | undefined, application: string): Promise<{ joins?: string }> {
      const stored = id === undefined ? undefined : await ephemeral.get(keyOf(id));
      if (id === undefined || stored === undefined) return {};
      const other = JSON.parse(sealer.open(stored, keyOf(id))) as SignInRequest;
      return other.application === application ? { joins: id } : {};
    }

    async function begin(asked: JourneyRequest) {
      const { application, wants, loginHint, presents, from, joins, vouched, named } = asked;
      const known = vouched ?? named;
      load.begin();
      await own(application);
      const browser = browserOf(from);
      const id = fresh(32);
      const request: SignInRequest = {
        ...{ id, request: fresh(16), application, uiLocales: [browser.locale] },
        wants: { acrValues: [], acrEssential: false, reauthenticate: false, ...wants },
        ...(loginHint === undefined ? {} : { loginHint }),
        ...(known ? { account: known.account } : {}),
        presenter: {
          ...{ door, prompts: presents, ...(await joinable(joins, application)) },
          ...(vouched ? { vouched: deps.now() } : {}),
          ...(named ? { alone: true as const, ...(named.message ? { message: named.message } : {}) } : {}),
        },
      };
      const [key, ttl] = [keyOf(id), PATIENCE];
      const value = sealer.seal(JSON.stringify(request), key);
      await strangers.admit({ key, value, ttl }, { browser });
      await ephemeral.set(key, value, ttl);
      return { id, step: await present(id, request, await look(request, browser), browser) };
    }

    return {
      begin,

      async look(id, from) {
        const [request, browser] = [await requestOf(id), browserOf(from)];
        return present(id, request, await look(request, browser), browser);
      },

      async answer(id, from, answer: Answer, nonce) {
        const [request, browser] = [await requestOf(id), browserOf(from)];
        const state = await react.answer(request, browser, answer, nonce);
        // Whoever has shown who they are is no stranger. A stranger's stays no longer than it is counted.
        if (state.account !== undefined) {
          await ephemeral.expire(keyOf(id), PATIENCE);
          await strangers.release(keyOf(id));
        }
        return present(id, request, state, browser);
      },

      async leave(id) {
        const stored = await ephemeral.take(keyOf(id));
        if (stored === undefined) return;
        await strangers.release(keyOf(id));
        await states.forget(JSON.parse(sealer.open(stored, keyOf(id))) as SignInRequest);
      },

      async instead(id, from) {
        const [request, browser] = [await requestOf(id), browserOf(from)];
        const { state } = await progress.load(request, browser);
        const { nonce, stage } = state;
        if (stage.at !== 'method') return present(id, request, state, browser);
        const evaluation = await dispatcher.evaluate(request, state, browser);
        const methods = dispatcher.offers.methods(evaluation, state, contextOf(request, browser));
        return { nonce, kind: 'choose', methods: methods.filter(({ factor }) => factor !== stage.factor) };
      },

      async changed(id, nonce, signal) {
        const request = await requestOf(id);
        const awaited = await waiting.ofSignIn(request, nonce);
        const stands = async () => (await waiting.ofSignIn(request, nonce)) !== undefined;
        if (awaited) await waiting.until(awaited, stands, signal);
      },
    };
  };
}
