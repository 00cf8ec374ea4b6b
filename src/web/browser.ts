import type { IncomingMessage } from 'node:http';
import type { CookieOptions, Request, RequestHandler } from 'express';
import { type Browser, type DeviceCookie, referenceOf } from '../core/browser.ts';
import type { Locals, WebDeps } from './context.ts';
import { pageOfForm } from './whose-turn.ts';

/** Without spaces and tabs around it, the white space that the header has (RFC 6265 section 4.2): `trim` takes more. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && ' \t'.includes(text.charAt(from))) from += 1;
  while (to > from && ' \t'.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/**
 * A request's cookies; the first of a name counts. A name is what the browser took for it: another host of the domain
 * could set one that begins with a no-break space, on which `__Host-` means nothing to the browser.
 */
export function cookiesOf(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    const name = trimmed(part.slice(0, at));
    if (at > 0 && !cookies.has(name)) cookies.set(name, trimmed(part.slice(at + 1)));
  }
  return cookies;
}

/** Remembered devices that one request can bring; a browser keeps fewer. */
const MOST_DEVICES = 8;

/**
 * The remembered-device cookies of a request. Each series has one of its own, named after it; browsers remembered
 * before have one without, for whatever series its value names.
 */
function devicesOf(cookies: ReadonlyMap<string, string>, name: string): DeviceCookie[] {
  const found = new Map<string, DeviceCookie>();
  for (const [key, value] of cookies) {
    const [, series, secret] = /^([\w-]{22})\.([\w-]{43})$/.exec(value) ?? [];
    if (series === undefined || secret === undefined || found.size >= MOST_DEVICES) continue;
    if (key === `${name}_${series}` || (key === name && !cookies.has(`${name}_${series}`))) {
      found.set(series, { series, secret });
    }
  }
  return [...found.values()];
}

/** As long as people keep a browser, milliseconds. */
const OPENED_FOR = 365 * 86_400_000;

/** Names and options of our cookies. `__Host-` keeps other hosts of the domain from setting them. */
export function cookieRules(issuer: string) {
  const secure = issuer.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  return {
    device: `${prefix}sallyport_device`,
    known: `${prefix}sallyport_browser`,
    locale: `${prefix}sallyport_locale`,
    opened: `${prefix}sallyport_opened`,
    lastHouse: `${prefix}sallyport_house`,
    options,
  };
}

/** Where this page can be loaded anew. Two slashes would lead to another host. */
function againOf({ method, originalUrl, path }: Request): { again?: string } {
  const again = method === 'GET' ? originalUrl : pageOfForm(path);
  return again === undefined || /^[/\\]{2}/.test(again) ? {} : { again };
}

export type BrowserNeeds = Pick<WebDeps, 'i18n' | 'issuer' | 'networksOf' | 'random' | 'sharedNetworks'>;

/** What is known of a browser, and its language. */
type Known = Pick<Locals, 'browser' | 'locale' | 'speak'>;
type SetCookie = (name: string, value: string | undefined, maxAge: number) => void;

/** Reads it from a request, and where that came from. */
export function browserReader(deps: BrowserNeeds): (from: IncomingMessage, ip: string, set: SetCookie) => Known {
  const names = cookieRules(deps.issuer);
  return ({ headers }, ip, set) => {
    const cookies = cookiesOf(headers.cookie);
    const networks = deps.networksOf(ip);
    const cookie = cookies.get(names.locale);
    const acceptLanguage = headers['accept-language'] ?? '';
    const speak: Locals['speak'] = (hints) =>
      deps.i18n.pick({ ...(cookie === undefined ? {} : { cookie }), ...hints, acceptLanguage });
    const locale = speak({});
    const shared = networks.some((name) => deps.sharedNetworks.has(name));
    const opened = cookies.get(names.opened);
    const browser: Browser = {
      ip,
      userAgent: headers['user-agent'] ?? '',
      networks,
      shared,
      devices: devicesOf(cookies, names.device),
      known: cookies.get(names.known),
      setDevice(series, secret, maxAge) {
        set(`${names.device}_${series}`, secret === undefined ? undefined : `${series}.${secret}`, maxAge);
        if (cookies.get(names.device)?.startsWith(`${series}.`)) set(names.device, undefined, 0);
      },
      setKnown: (value, maxAge) => set(names.known, value, maxAge),
      // What one person used tells the next one nothing.
      ...(shared ? {} : { setOpened: (factor) => set(names.opened, factor, OPENED_FOR) }),
      ...(shared || opened === undefined ? {} : { opened }),
      reference: referenceOf(deps.random),
      locale,
    };
    return { browser, locale, speak };
  };
}

/** Leaves for the handlers what is known of the browser. */
export function recogniseBrowser(deps: BrowserNeeds): RequestHandler {
  const { options } = cookieRules(deps.issuer);
  const read = browserReader(deps);
  return (req, res, next) => {
    const known = read(req, req.ip ?? 'unknown', (name, value, maxAge) => {
      if (value === undefined) res.clearCookie(name, options);
      else res.cookie(name, value, { ...options, maxAge });
    });
    const path = req.method === 'GET' ? { path: req.originalUrl } : {};
    Object.assign(res.locals, { ...known, ...path, ...againOf(req) } satisfies Locals);
    res.setHeader('x-request-id', known.browser.reference);
    next();
  };
}
