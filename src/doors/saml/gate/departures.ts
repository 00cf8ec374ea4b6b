import { SamlFault } from '../errors.ts';

/**
 * What some products send beside the bindings, and an operator may take from one application: `allow`. The list is
 * closed. Nothing of it touches signatures, audiences, addresses or times, and none of it is taken from a sender who
 * isn't known; each gives up that a message can be written in one way only.
 */
export const DEPARTURES = Object.freeze({
  'deflated-post':
    'a posted message that is deflated as for a redirect (saml-bindings section 3.5.4 posts base64 of the XML)',
  'unencoded-plus': 'base64 whose plus signs were not percent-encoded, so that they arrive as blanks',
});
export type Departure = keyof typeof DEPARTURES;

/** Throws `encoding` for what the sender's application is not allowed, and names the setting that would. */
export function refuseDepartures(
  found: readonly Departure[],
  allowed: readonly Departure[],
  application: string,
): void {
  const first = found.find((departure) => !allowed.includes(departure));
  if (first === undefined) return;
  const setting = `applications.${application}.saml.allow: [${first}]`;
  throw new SamlFault('encoding', `${DEPARTURES[first]}; ${setting} would take it`);
}
