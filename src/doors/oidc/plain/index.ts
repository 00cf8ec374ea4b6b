import type { PlainAddress } from '../../../core/plain.ts';
import { plainDocuments } from '../documents.ts';
import { plainExchange } from './code.ts';
import { plainIntrospection } from './introspection.ts';
import type { PlainParts } from './records.ts';
import { plainRefresh } from './refresh.ts';
import { plainUserinfo } from './userinfo.ts';

/**
 * What this door answers by itself where it is asked as nearly everybody asks: documents as oidc-provider made them once,
 * and what a token says that is bound to nothing. Each gives up at whatever isn't so, and oidc-provider answers; what both
 * would answer is the same to the letter (`test/flows/plain-answers.test.ts`).
 */
export function plainAddresses(parts: PlainParts): PlainAddress[] {
  const [exchange, refresh] = [plainExchange(parts), plainRefresh(parts)];
  const token: PlainAddress = {
    ...refresh,
    // By its form a request is one of them, or neither.
    answer: (asked, form) => exchange.answer(asked, form) ?? refresh.answer(asked, form),
  };
  return [...plainDocuments(parts.provider), plainUserinfo(parts), plainIntrospection(parts), token];
}
