import type { Response } from 'express';
import { localsOf, type WebDeps } from './context.ts';

/** Where a browser was, as far as that says something to its owner. */
export interface Place {
  /** The operator's name of the network. */
  network?: string;
  /** Approximately, from the address. */
  place?: string;
}

export type PlaceNeeds = Pick<WebDeps, 'i18n' | 'locate' | 'networksOf'>;

/** The first configured network of an address, else where on earth it may be. */
export function placeOf(deps: PlaceNeeds, res: Pick<Response, 'locals'>, ip: string): Place {
  const [network] = deps.networksOf(ip);
  if (network !== undefined) return { network };
  const { locale } = localsOf(res);
  const found = deps.locate(ip, locale);
  if (found === undefined) return {};
  const { city, country } = found;
  const key = city === undefined ? 'place.country' : 'place.city';
  return { place: deps.i18n.t(locale, key, { country, ...(city === undefined ? {} : { city }) }) };
}
