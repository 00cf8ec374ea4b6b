import { configuredId } from '../core/application.ts';
import type { Browser } from '../core/browser.ts';
import type { FactorContext } from '../core/factor.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import { budgetKey } from '../policy/networks.ts';

/** What a factor learns of the browser that asks. */
export function fromBrowser({ locale, ip }: Browser): FactorContext {
  return { locale, address: budgetKey(ip) };
}

/** And of the application that the sign-in is for. */
export function contextOf({ application }: SignInRequest, browser: Browser): FactorContext {
  return { application: configuredId(application), ...fromBrowser(browser) };
}
