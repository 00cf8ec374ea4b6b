import { createHash } from 'node:crypto';
import { configuredId } from '../core/application.ts';
import type { Browser } from '../core/browser.ts';
import type { FactorContext } from '../core/challenge.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { budgetKey } from '../policy/index.ts';

/** What a factor learns of the browser that asks. */
export function fromBrowser({ locale, ip, userAgent, speaker, opened }: Browser): FactorContext {
  return {
    locale,
    ...(speaker === undefined ? { address: budgetKey(ip) } : {}),
    ...(opened === undefined ? {} : { opened }),
    // Of whom a door speaks for, the address may be unknown.
    ...(ip === '' ? {} : { browser: { ip, userAgent } }),
  };
}

/** And of the application that the sign-in is for. */
export function contextOf({ id, application, presenter }: SignInRequest, browser: Browser): FactorContext {
  // The id opens the sign-in, with its cookie: a hash is enough of a name.
  const signIn = createHash('sha256').update(`sign-in ${id}`).digest('base64url');
  const configured = configuredId(application);
  const member = application === configured ? {} : { member: application };
  const presents = presenter ? { presents: presenter.prompts } : {};
  const shows = presenter?.alone
    ? { applicationShows: presenter.message === undefined ? {} : { text: presenter.message } }
    : {};
  return { application: configured, ...member, ...presents, ...shows, signIn, ...fromBrowser(browser) };
}
