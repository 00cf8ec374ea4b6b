import { hash } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import type { Asker, Strangers } from '../../core/strangers.ts';
import { SamlFault } from '../errors.ts';
import type { Binding, SamlMessage } from '../model.ts';
import { publicKeys, signatureAlgorithm, verifies } from '../xml/algorithms.ts';
import { schema } from '../xml/library.ts';
import { checkSignature } from '../xml/signature.ts';
import { type Departure, refuseDepartures } from './departures.ts';
import { type Claimed, type Opened, openDocument, signedMessage } from './document.ts';
import { plainRequest } from './plain-request.ts';
import { type Raw, UNWRAP, type Wire } from './wire.ts';

/** How old a message may be, beside the skew: a person may take a while to follow a redirect, not longer. */
const MAX_AGE = 5 * 60_000;

/** Longer IDs are of no use to anybody, and end up in stores and logs. */
const MAX_ID = 256;

/** What the gate goes by of a sender: their metadata says it. */
export interface Sender {
  entityId: string;
  /** Epoch milliseconds. */
  validUntil?: number;
  /** Base64 DER. */
  signingCertificates: readonly string[];
  /** Promises that its AuthnRequests are signed; others than service providers send none. */
  authnRequestsSigned?: boolean;
}

/** Whoever may send messages, as the gate's owner knows them. */
export interface Peer {
  provider: Sender;
}

export interface GatePorts<P extends Peer = Peer> {
  now(): number;
  ephemeral: Pick<EphemeralStore, 'add'>;
  strangers: Pick<Strangers, 'admit'>;
  /** Whoever has an entity id, undefined if they may send nothing. */
  party(entityId: string, by?: Asker): Promise<P | undefined>;
  /** The same of whoever is at hand: nobody is asked. Without it no message is recognised. */
  held?(entityId: string): Promise<P | undefined>;
  /** What to say where there is nobody, and it isn't the message that is at fault. */
  absent(entityId: string): SamlFault | undefined;
  /** How far the sender's clock may be off, milliseconds. */
  skew: number;
  /** Unsigned AuthnRequests of this party are refused although its metadata doesn't promise signed ones. */
  requireSigned(party: P): boolean;
  /** What its messages may have that the bindings haven't. */
  allowed(party: P): readonly Departure[];
  /** The setting by which an operator would allow it, for the log. */
  setting(party: P, departure: Departure): string;
}

export interface Inbound extends Raw {
  binding: Binding;
  /** What may come here. */
  kinds: readonly SamlMessage['kind'][];
  /** Our address that it was sent to, as metadata names it. */
  endpoint: string;
  /** Whoever brings it: a message that anybody can make is kept on their account. Without, each has to be signed. */
  by?: Asker;
}

export interface Received<P extends Peer> {
  message: SamlMessage;
  party: P;
}

export interface Recognised<P extends Peer> extends Received<P> {
  /** Takes the message, once. Throws `replay`. */
  admit(): Promise<void>;
}

export interface Gate<P extends Peer = Peer> {
  /**
   * An AuthnRequest of the redirect binding, signed, that is as nearly all are, of somebody who is at hand. It has passed
   * every check of `receive` but the last, which is `admit`; nothing was kept of it. Undefined or rejected: whatever it
   * is, `receive` says.
   */
  recognise(query: string, endpoint: string): Promise<Recognised<P> | undefined>;
  /**
   * The only way in for messages of others. Throws SamlFault for whatever is wrong with the message, and
   * TooManyError; other errors (a store or a metadata source that is away) pass through.
   */
  receive(inbound: Inbound): Promise<Received<P>>;
}

/** A message off its binding and out of its XML, and whoever it says that it is from. */
interface Arrival<P extends Peer = Peer> {
  ports: GatePorts<P>;
  now: number;
  inbound: Inbound;
  wire: Wire;
  claimed: Claimed;
  party: P;
}

/** The same, and what its signature covers where it bears one. */
interface Passage extends Arrival {
  opened: Opened;
}

/**
 * The checks of a sender, in order. Before them, each in its own file and order: size, parameters, encoding (UNWRAP),
 * then the XML and its signature's form (openDocument). After them, the signed message is taken out (signedMessage):
 * what a signature refers to costs nothing until one of the sender's keys has made it.
 */
const OF_THE_SENDER: readonly ((arrival: Arrival) => void)[] = [
  metadataInForce,
  asTheBindingHasIt,
  signatureOfTheSender,
];

/** The checks of the message itself, in order. After them `notSeenBefore`: what is refused must not use up an ID. */
const CHECKS: readonly ((passage: Passage) => void)[] = [
  fromTheSender,
  signedWhereDue,
  sentHere,
  issuedJustNow,
  notExpired,
];

export function createGate<P extends Peer>(ports: GatePorts<P>): Gate<P> {
  schema('protocol');
  schema('soap');
  return {
    async receive(inbound) {
      const wire = UNWRAP[inbound.binding](inbound);
      const claimed = openDocument(wire, inbound.binding, inbound.kinds);
      const arrival: Arrival<P> = {
        ports,
        now: ports.now(),
        inbound,
        wire,
        claimed,
        party: await sender(ports, inbound, claimed),
      };
      for (const check of OF_THE_SENDER) check(arrival);
      const { signature } = claimed;
      const passage = {
        ...arrival,
        opened: signature ? signedMessage(wire, inbound.binding, signature) : claimed,
      };
      for (const check of CHECKS) check(passage);
      await notSeenBefore(passage);
      return { message: messageOf(passage), party: passage.party };
    },

    async recognise(query, endpoint) {
      const wire = UNWRAP.redirect({ query });
      const claimed = wire.parameter === 'SAMLRequest' && wire.detached ? plainRequest(wire.xml) : undefined;
      const party = claimed && (await ports.held?.(claimed.content.issuer));
      if (claimed === undefined || party?.provider.entityId !== claimed.content.issuer) return undefined;
      const inbound: Inbound = { query, binding: 'redirect', kinds: ['AuthnRequest'], endpoint };
      const passage = { ports, now: ports.now(), inbound, wire, claimed, party, opened: claimed };
      for (const check of OF_THE_SENDER) check(passage);
      for (const check of CHECKS) check(passage);
      return { message: messageOf(passage), party, admit: () => notSeenBefore(passage) };
    },
  };
}

async function sender<P extends Peer>(ports: GatePorts<P>, { by }: Inbound, { content }: Claimed): Promise<P> {
  const { issuer } = content;
  const party = issuer.length <= 1024 ? await ports.party(issuer, by) : undefined;
  if (party?.provider.entityId === issuer) return party;
  const absent = issuer.length <= 1024 ? ports.absent(issuer) : undefined;
  if (absent) throw absent;
  throw new SamlFault('issuer', `unknown: ${issuer.slice(0, 200)}`);
}

/** saml-metadata section 2.3.2. */
function metadataInForce({ party, now }: Arrival): void {
  const { validUntil } = party.provider;
  if (validUntil !== undefined && validUntil <= now)
    throw new SamlFault('metadata', `of ${party.provider.entityId} has expired`);
}

function asTheBindingHasIt({ ports, party, wire }: Arrival): void {
  refuseDepartures(wire.departures, ports.allowed(party), (departure) => ports.setting(party, departure));
}

const isSigned = ({ wire, claimed }: Arrival): boolean => Boolean(wire.detached || claimed.signature);

/** A signature that is there must be right, whether or not one is due. Keys come from metadata alone. */
function signatureOfTheSender({ wire, claimed, party }: Arrival): void {
  const keys = (): ReturnType<typeof publicKeys> => publicKeys(party.provider.signingCertificates);
  if (claimed.signature) checkSignature(claimed.signature, keys());
  if (!wire.detached) return;
  const { octets, value, algorithm } = wire.detached;
  if (!verifies(octets, value, signatureAlgorithm(algorithm), keys(), ['ieee-p1363', 'der']))
    throw new SamlFault('signature', 'made by none of the keys in its metadata');
}

/** Whose keys were used is whom the signed octets name. */
function fromTheSender({ opened, party }: Passage): void {
  if (opened.content.issuer !== party.provider.entityId) throw new SamlFault('issuer', 'other than the signed one');
}

/** Logout messages always (saml-profiles section 4.4.4); AuthnRequests where either side says so. */
function signedWhereDue(passage: Passage): void {
  const { opened, party, ports } = passage;
  const anybodys = opened.content.kind === 'AuthnRequest' && passage.inbound.by !== undefined;
  const due = !anybodys || party.provider.authnRequestsSigned || ports.requireSigned(party);
  if (due && !isSigned(passage)) throw new SamlFault('unsigned', `${opened.content.kind} without a signature`);
}

/**
 * Signed messages that pass through a browser name where they were sent (saml-bindings sections 3.4.5.2 and
 * 3.5.5.2): else whoever receives one could pass it on here.
 */
function sentHere(passage: Passage): void {
  const { opened, inbound } = passage;
  const due = isSigned(passage) && inbound.binding !== 'soap';
  if (opened.destination === undefined ? due : opened.destination !== inbound.endpoint)
    throw new SamlFault('destination', `sent to ${opened.destination?.slice(0, 200) ?? 'nowhere'}`);
}

function issuedJustNow({ opened, now, ports }: Passage): void {
  const age = now - opened.content.issueInstant;
  if (age < -ports.skew) throw new SamlFault('instant', `issued ${-age} ms from now`);
  if (age > MAX_AGE + ports.skew) throw new SamlFault('instant', `issued ${age} ms ago`);
}

/** saml-core section 3.7.1. */
function notExpired({ opened: { content }, now, ports }: Passage): void {
  if (content.kind !== 'LogoutRequest' || content.notOnOrAfter === undefined) return;
  if (now >= content.notOnOrAfter + ports.skew) throw new SamlFault('instant', 'NotOnOrAfter has passed');
}

/** Kept for as long as the same message would still be new enough. */
async function notSeenBefore(passage: Passage): Promise<void> {
  const { content } = passage.opened;
  const { ports, inbound } = passage;
  if (content.id.length > MAX_ID) throw new SamlFault('size', `an ID of ${content.id.length} characters`);
  const seen = hash('sha256', JSON.stringify([content.issuer, content.id]), 'base64url');
  const kept = { key: `saml:seen:${seen}`, value: '1', ttl: MAX_AGE + 2 * ports.skew + 1000 };
  if (inbound.by && !isSigned(passage)) await ports.strangers.admit(kept, inbound.by);
  const isNew = await ports.ephemeral.add(kept.key, kept.value, kept.ttl);
  if (!isNew) throw new SamlFault('replay', `${content.id} has been here before`);
}

function messageOf(passage: Passage): SamlMessage {
  const { opened, inbound, wire } = passage;
  const { relayState } = wire;
  return {
    ...opened.content,
    binding: inbound.binding,
    signed: isSigned(passage),
    ...(relayState !== undefined && { relayState }),
  };
}
