import { SamlFault } from '../errors.ts';
import type { Assertion, Confirmation, Envelope, Expected } from './model.ts';

/** How old a Response may be, beside the skew: the browser brings it at once. */
const MAX_AGE = 5 * 60_000;
/** Longer IDs are of no use to anybody, and end up in stores and logs. */
const MAX_ID = 256;

/** A Response, and whether its own signature was verified. */
export interface Around {
  envelope: Envelope;
  signed: boolean;
  expected: Expected;
}

/** The checks of a Response, in order (saml-profiles section 4.1.4.3), whatever it answers. */
export const OF_THE_RESPONSE: readonly ((around: Around) => void)[] = [
  fromWhomWasAsked,
  sentHere,
  answersOurRequest,
  issuedJustNow,
];

/** An assertion by its signed octets, and what it is held against. */
export interface Inside {
  assertion: Assertion;
  expected: Expected;
}

/** The checks of its assertion, in order. */
export const OF_THE_ASSERTION: readonly ((inside: Inside) => void)[] = [
  saidByWhomWasAsked,
  bornInTime,
  inItsTime,
  forUs,
  ofNothingElse,
  confirmedToUs,
  ofOneAuthentication,
  anewWhereDemanded,
];

function fromWhomWasAsked({ envelope: { issuer }, expected }: Around): void {
  if (issuer !== undefined && issuer !== expected.issuer) throw new SamlFault('issuer', `from ${quoted(issuer)}`);
}

/** saml-bindings section 3.5.5.2: whoever receives a signed message could pass it on otherwise. */
function sentHere({ envelope: { destination }, signed, expected }: Around): void {
  if (destination === undefined ? signed : destination !== expected.recipient)
    throw new SamlFault('destination', `sent to ${quoted(destination)}`);
}

function answersOurRequest({ envelope: { inResponseTo }, expected }: Around): void {
  if (inResponseTo !== expected.inResponseTo) throw new SamlFault('response-to', `answers ${quoted(inResponseTo)}`);
}

function issuedJustNow({ envelope: { issueInstant }, expected }: Around): void {
  const age = expected.now - issueInstant;
  if (age < -expected.skew) throw new SamlFault('instant', `issued ${-age} ms from now`);
  if (age > MAX_AGE + expected.skew) throw new SamlFault('instant', `issued ${age} ms ago`);
}

/** Whose keys were used is whom the signed octets name. */
function saidByWhomWasAsked({ assertion: { issuer, id }, expected }: Inside): void {
  if (issuer !== expected.issuer) throw new SamlFault('issuer', `the assertion is from ${quoted(issuer)}`);
  if (id.length > MAX_ID) throw new SamlFault('size', `an ID of ${id.length} characters`);
}

function bornInTime({ assertion: { issueInstant }, expected: { now, skew } }: Inside): void {
  if (issueInstant > now + skew)
    throw new SamlFault('instant', `the assertion is of ${issueInstant - now} ms from now`);
}

function inItsTime({ assertion: { conditions }, expected }: Inside): void {
  refuseOutside(conditions ?? {}, expected, 'Conditions');
}

/** saml-core section 2.5.1.4: each restriction by itself, and there is one (saml-profiles section 4.1.4.2). */
function forUs({ assertion: { conditions }, expected }: Inside): void {
  const { audiences = [] } = conditions ?? {};
  if (audiences.length > 0 && audiences.every((list) => list.includes(expected.audience))) return;
  throw new SamlFault('audience', `for ${quoted(audiences.flat().join(' ') || undefined)}`);
}

/** saml-core section 2.5.1: what isn't understood makes it invalid. 2.5.1.6: others' names are what we then speak in. */
function ofNothingElse({ assertion: { conditions } }: Inside): void {
  const [unknown] = conditions?.unknown ?? [];
  if (unknown !== undefined) throw new SamlFault('conditions', `a condition ${quoted(unknown)}`);
  if (conditions?.keptToUs) throw new SamlFault('conditions', 'ProxyRestriction: it may not be passed on');
}

/** saml-profiles section 4.1.4.2. Of several confirmations one must hold, and it whole. */
function confirmedToUs({ assertion: { confirmations }, expected }: Inside): void {
  const [first, ...others] = confirmations.map((it) => confirmationFault(it, expected));
  if (confirmations.length === 0) throw new SamlFault('subject', 'no bearer confirmation');
  if (first !== undefined && others.every((fault) => fault !== undefined)) throw first;
}

function confirmationFault(it: Confirmation, expected: Expected): SamlFault | undefined {
  if (it.recipient !== expected.recipient) return new SamlFault('recipient', `confirmed to ${quoted(it.recipient)}`);
  if (it.inResponseTo !== expected.inResponseTo)
    return new SamlFault('response-to', `confirmed for ${quoted(it.inResponseTo)}`);
  if (it.notOnOrAfter === undefined) return new SamlFault('instant', 'a confirmation without end');
  try {
    refuseOutside(it, expected, 'SubjectConfirmationData');
    return undefined;
  } catch (error) {
    return error as SamlFault;
  }
}

/** One: with two it would be open which is meant. */
function ofOneAuthentication({ assertion: { authentications }, expected: { now, skew } }: Inside): void {
  const [statement, ...others] = authentications;
  if (!statement || others.length > 0)
    throw new SamlFault('authentication', `${authentications.length} AuthnStatements, one is due`);
  const { authnInstant, sessionNotOnOrAfter } = statement;
  if (authnInstant > now + skew) throw new SamlFault('instant', `authenticated ${authnInstant - now} ms from now`);
  // Without the skew: what came of it would be over in the moment in which it begins.
  if (sessionNotOnOrAfter !== undefined && sessionNotOnOrAfter <= now)
    throw new SamlFault('instant', 'SessionNotOnOrAfter has passed');
}

/** ForceAuthn is a wish: whether it was granted says the time alone (saml-core section 3.4.1). */
function anewWhereDemanded({ assertion: { authentications }, expected: { forcedAt, skew } }: Inside): void {
  const at = authentications[0]?.authnInstant ?? 0;
  if (forcedAt !== undefined && at + skew < forcedAt)
    throw new SamlFault('authentication', `ForceAuthn was asked for, and authenticated ${forcedAt - at} ms before`);
}

interface Span {
  notBefore?: number;
  notOnOrAfter?: number;
}

function refuseOutside({ notBefore, notOnOrAfter }: Span, { now, skew }: Expected, where: string): void {
  if (notBefore !== undefined && notBefore > now + skew)
    throw new SamlFault('instant', `${where}: NotBefore is ${notBefore - now} ms from now`);
  if (notOnOrAfter !== undefined && notOnOrAfter + skew <= now)
    throw new SamlFault('instant', `${where}: NotOnOrAfter was ${now - notOnOrAfter} ms ago`);
}

const quoted = (text: string | undefined): string => text?.slice(0, 200) ?? 'nothing';
