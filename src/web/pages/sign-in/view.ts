import type { LocalizedText } from '../../../core/account.ts';
import { ENROLMENT } from '../../../core/application.ts';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Step } from '../../../sign-in/steps.ts';
import type { WebDeps } from '../../context.ts';
import type { SignInHouses } from '../../house-models.ts';
import type { Pages } from '../../models.ts';
import type { Csrf } from '../../security.ts';

/** What the pages of a sign-in say of its request, whichever step it stands at. */
export interface View {
  /** Address of the page, below which its forms are sent. */
  base: string;
  csrf: string;
  /** The application, and what it calls itself where that isn't what everybody calls it. */
  asks: { application: LocalizedText; requester?: string };
  /** The application in the reader's language, for texts. */
  named: string;
  /** It is one of the gateway's own. */
  internal: boolean;
  account?: { username: string; name: string };
  /** Where a newcomer stands in their walk: of that, this is the first step. */
  progress?: { step: number; of: number };
  /** Factors to set up, as they are offered to whoever signs in. */
  choices(factors: readonly string[]): Pages['choose-enrolment']['factors'];
  /** Where a forgotten password is replaced. */
  forgotten?: string;
  /** Other houses, while nobody is known. */
  houses?: SignInHouses;
  /** On the page for those who can't do what the step asks for. */
  instead: boolean;
  /** It was asked for without listening to what it waits for. */
  still: boolean;
}

/** Of the request for a page: the language, and which page of the step it is. */
export type Asked = Pick<View, 'houses' | 'instead' | 'still'> & { locale: string };

export type ViewNeeds = Pick<WebDeps, 'applications' | 'i18n' | 'portal' | 'reset'>;

/** Address of a sign-in's page. */
export const addressOf = ({ id }: Pick<SignInRequest, 'id'>): string => `/sign-in/${encodeURIComponent(id)}`;

export type ViewOf = ReturnType<typeof createView>;

/** What a step's page shows beside the step. */
export function createView({ applications, i18n, portal, reset }: ViewNeeds, csrf: Csrf) {
  return (request: SignInRequest, { nonce, account }: Step, { locale, ...asked }: Asked): View => {
    const base = addressOf(request);
    const known = applications.get(request.application);
    const application = known?.name ?? request.application;
    const newcomer = request.application === ENROLMENT;
    return {
      base,
      csrf: csrf.token(base, nonce),
      asks: { application, ...requesterOf(application, request.requester) },
      named: i18n.localized(locale, application),
      internal: known?.internal === true,
      ...(account ? { account: { username: account.username, name: account.name } } : {}),
      ...(newcomer ? { progress: { step: 1, of: portal.steps } } : {}),
      choices: (factors) => (account ? portal.choices(account, factors) : factors.map((value) => ({ value }))),
      ...(reset.at === 'nowhere' ? {} : { forgotten: '/reset' }),
      ...asked,
    };
  };
}

function requesterOf(application: LocalizedText, requester: string | undefined): { requester?: string } {
  const names = typeof application === 'string' ? [application] : Object.values(application);
  return requester === undefined || names.includes(requester) ? {} : { requester };
}
