import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainVisit } from '../core/plain.ts';
import { type BrowserNeeds, browserReader } from './browser.ts';
import type { Locals, Rendering } from './context.ts';
import { createFormPostOctets } from './form-post.ts';
import { headersOf, policyFor, REFERRER_ACROSS } from './security.ts';

export type VisitNeeds = BrowserNeeds & Rendering;

/** A cookie that would have to be set is for the long way. */
function unsettable(): never {
  throw new Error('a plain visit sets no cookie');
}

/** The web layer's part of answers to people who are sent here by an application and back to it (`Door.visits`). */
export function plainVisits(deps: VisitNeeds) {
  const read = browserReader(deps);
  const page = createFormPostOctets(deps.formPost);
  const fixed = headersOf(deps.issuer);
  const byScheme = new Map<string, readonly string[]>();

  /** Of every answer, as a page has them whose form leads to any address of a scheme. */
  function headersTo(scheme: string): readonly string[] {
    const known = byScheme.get(scheme);
    if (known) return known;
    const own = new Map([
      ['content-security-policy', policyFor([scheme])],
      ['referrer-policy', REFERRER_ACROSS],
    ]);
    const made = fixed.flatMap(([name, value]) => [name, own.get(name.toLowerCase()) ?? value]);
    byScheme.set(scheme, made);
    return made;
  }

  return (req: IncomingMessage, ip: string) => {
    const known = read(req, ip, unsettable);
    const browser = { ...known.browser, devices: [] };
    const locals: Locals = { ...known, browser };

    /** False: nothing was answered. */
    async function answer(to: PlainVisit, res: ServerResponse): Promise<boolean> {
      const form = await to.answer(req, browser);
      if (form === undefined) return false;
      const body = page({ ...form, inputs: [...form.inputs] }, { locale: locals.locale, reference: '' });
      res.writeHead(200, [
        ...headersTo(new URL(form.action).protocol),
        ...['x-request-id', browser.reference, 'content-type', 'text/html; charset=utf-8'],
        ...['content-length', String(body.length)],
      ]);
      res.end(body);
      return true;
    }

    return { locals, answer };
  };
}
