import { SamlFault } from '../errors.ts';

/**
 * What some products send beside the bindings, and an operator may take from one of them: `allow`. The list is
 * closed. Nothing of it touches signatures, audiences, addresses or times, and none of it is taken from a sender who
 * isn't known; each gives up that a message can be written in one way only.
 */
export const DEPARTURES = Object.freeze({
  'deflated-post':
    'a posted message that is deflated as for a redirect (saml-bindings section 3.5.4 posts base64 of the XML)',
  'unencoded-plus': 'base64 whose plus signs were not percent-encoded, so that they arrive as blanks',
});
export type Departure = keyof typeof DEPARTURES;

/** Throws `encoding` for what the sender is not allowed, and names the setting that would: `settingOf`. */
export function refuseDepartures(
  found: readonly Departure[],
  allowed: readonly Departure[],
  settingOf: (departure: Departure) => string,
): void {
  const first = found.find((departure) => !allowed.includes(departure));
  if (first === undefined) return;
  throw new SamlFault('encoding', `${DEPARTURES[first]}; ${settingOf(first)} would take it`);
}
