import type { Request, Response } from 'express';
import { directoryOfUpstream, upstreamOf } from '../../../core/said.ts';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Offered } from '../../../sign-in/index.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { localsOf, type WebDeps } from '../../context.ts';
import type { HouseLink } from '../../house-models.ts';
import { createLastHouse, type LastHouseNeeds } from './last-house.ts';
import { addressOf } from './view.ts';

/** Houses that have a button each on the sign-in page; with more there is a page to choose on. */
const MOST_BUTTONS = 5;

export type HousesNeeds = LastHouseNeeds & Pick<WebDeps, 'houseChoice'>;

/** Of a sign-in's page, what it shows of other houses while nobody is known. */
export interface HousesShown {
  /** Where this person may be from. */
  suggested?: HouseLink;
  /** The others that have a button. */
  buttons: HouseLink[];
  /** The page with all of them. */
  chooser?: string;
}

const isPrompt = (step: Step): step is Extract<Step, { kind: 'prompt' }> => step.kind === 'prompt';

/** Directories whose houses this step leads to, whoever it may be. */
export function leadsTo(step: Step): string[] {
  if (!isPrompt(step) || step.account !== undefined) return [];
  return [step, ...step.also].flatMap(({ factor, prompt }) =>
    prompt.kind === 'redirect' ? (directoryOfUpstream(factor) ?? []) : [],
  );
}

/** A link, for what Chromium follows from a form must be named in `form-action`. */
export function linkTo(base: string, nonce: string, { directory, house, entry }: Offered): HouseLink {
  const query = new URLSearchParams({ step: nonce, to: upstreamOf(directory), ...(house && { house }) });
  const { name, logo, domains } = entry;
  const [domain] = domains;
  return { href: `${base}/leave?${query}`, name, ...(logo && { logo }), ...(domain && { domain }) };
}

/** Whose person it may be, and the houses that are shown for that. */
export function createHouses(deps: HousesNeeds) {
  const last = createLastHouse(deps);
  const { houseChoice } = deps;

  async function suggestedFor(req: Request, res: Response, request: SignInRequest, step: Step) {
    if (step.led) return houseChoice.find(request.application, step.led);
    const { houseHints, loginHint } = request;
    const before = last.read(req);
    return houseChoice.suggested(request.application, {
      ...(houseHints && { hints: houseHints }),
      ...(loginHint !== undefined && { login: loginHint }),
      ...(before && { last: before }),
      ip: localsOf(res).browser.ip,
    });
  }

  async function shownOn(
    req: Request,
    res: Response,
    request: SignInRequest,
    step: Step,
  ): Promise<HousesShown | undefined> {
    const directories = leadsTo(step);
    if (directories.length === 0) return undefined;
    const base = addressOf(request);
    const ways = houseChoice.waysOf(request.application).filter((way) => directories.includes(way.directory));
    const single = ways.filter(({ redirects }) => !redirects.houses?.many);
    const found = await suggestedFor(req, res, request, step);
    const suggested = found && directories.includes(found.directory) ? found : undefined;
    const few = single.length <= MOST_BUTTONS ? single : [];
    const buttons = await Promise.all(
      few
        .filter(({ directory }) => directory !== suggested?.directory)
        .map(({ directory }) => houseChoice.find(request.application, { directory })),
    );
    const hasMore = few.length < ways.length;
    return {
      ...(suggested && { suggested: linkTo(base, step.nonce, suggested) }),
      buttons: buttons.flatMap((one) => (one ? [linkTo(base, step.nonce, one)] : [])),
      ...((hasMore || (suggested && ways.length > 1)) && { chooser: `${base}/houses` }),
    };
  }

  return { shownOn, last };
}

export type Houses = ReturnType<typeof createHouses>;
