import { contextOf } from '../accounts/context.ts';
import type { Browser } from '../core/browser.ts';
import type { Answer } from '../core/prompt.ts';
import { upstreamOf } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import { type Left, openingOf } from './leaving.ts';
import type { SignInNeeds } from './needs.ts';
import type { Progress } from './progress.ts';
import type { Result } from './results.ts';
import type { State } from './steps.ts';

/** Where somebody is led whom nobody knows yet: by the name that they type, or by the application's own chooser. */
export function createLeading(
  deps: Pick<SignInNeeds, 'random'>,
  { dispatcher, progress }: { dispatcher: Dispatcher; progress: Progress },
) {
  const { houses } = dispatcher.offers;

  /**
   * A name in another house's domain: nobody is looked for, and its password isn't looked at, so it is answered alike
   * whoever there is. Said once; whoever types it again means it.
   */
  async function typed(
    request: SignInRequest,
    state: State,
    { username, factor }: Answer,
    browser: Browser,
  ): Promise<Result | undefined> {
    if (state.stage.at !== 'first' || username === undefined || accountOf(request, state) !== undefined)
      return undefined;
    const found = await houses.ofDomain(request.application, username);
    if (found === undefined || openingOf(state, upstreamOf(found.directory)) === undefined) return undefined;
    const { entry, ...at } = found;
    if (state.led && state.led.directory === at.directory && state.led.house === at.house) return undefined;
    const evaluation = await dispatcher.evaluate(request, state, browser);
    const stage = await dispatcher.offers.first(contextOf(request, browser), evaluation, username);
    const nonce = Buffer.from(deps.random(12)).toString('base64url');
    const error = { key: 'upstream.elsewhere', ...(factor === undefined ? {} : { factor }) };
    return { state: { ...state, nonce, stage, led: at, error } };
  }

  /**
   * By the application's own chooser, once in a sign-in, to a house that the operator named for the application. To any
   * other the page offers a way: whoever plants such a request could have a house of theirs answer at once, and leave
   * this browser in a session of their own (login CSRF).
   */
  async function follow(
    request: SignInRequest,
    browser: Browser,
  ): Promise<Pick<Left, 'nonce' | 'source' | 'house'> | undefined> {
    const { houseHints = [] } = request;
    if (houseHints.length === 0) return undefined;
    const loaded = await progress.load(request, browser);
    const { state } = loaded;
    if (state.followed || state.switched || state.stage.at !== 'first') return undefined;
    if (accountOf(request, state) !== undefined) return undefined;
    const found = await houses.hinted(request.application, houseHints);
    if (found === undefined || !houses.isNamed(request.application, found)) return undefined;
    const source = upstreamOf(found.directory);
    if (openingOf(state, source) === undefined) return undefined;
    if (!(await progress.save(request, loaded, { ...state, followed: true }, browser))) return undefined;
    return { nonce: state.nonce, source, ...(found.house === undefined ? {} : { house: found.house }) };
  }

  return { typed, follow };
}

export type Leading = ReturnType<typeof createLeading>;
