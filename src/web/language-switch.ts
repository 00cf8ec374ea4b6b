import type { RequestHandler } from 'express';
import { cookieRules } from './browser.ts';
import type { WebDeps } from './context.ts';

const YEAR = 365 * 86_400_000;

export type LanguageSwitchNeeds = Pick<WebDeps, 'core' | 'durable' | 'i18n' | 'issuer'>;

/** The language switch: a cookie for this browser, and the account's own if somebody is signed in. */
export function languageSwitch(deps: LanguageSwitchNeeds): RequestHandler {
  const names = cookieRules(deps.issuer);
  return async (req, res) => {
    const { to, back } = req.query;
    const locale = deps.i18n.locales.find((tag) => tag === to);
    if (locale) {
      res.cookie(names.locale, locale, { ...names.options, maxAge: YEAR });
      // Another site can send a browser here; what it can't do is to change what the account keeps.
      const own = req.headers['sec-fetch-site'] === 'same-origin';
      const session = own ? await deps.core.session(req, res) : undefined;
      if (session) await deps.durable.accounts.setLocale(session.account, locale);
    }
    // A path of ours and nothing that a browser could read as another host.
    const target = typeof back === 'string' ? URL.parse(back, deps.issuer) : null;
    const own = target?.origin === deps.issuer && !target.pathname.startsWith('//');
    res.redirect(303, own ? `${target.pathname}${target.search}` : '/');
  };
}
