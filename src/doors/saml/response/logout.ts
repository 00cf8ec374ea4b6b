import { deflateRawSync } from 'node:zlib';
import type { Binding, NameId, Status } from '../model.ts';
import { nameIdElement } from './assertion.ts';
import { element, Written, write, type XmlElement } from './canonical.ts';
import { instant, message, type SenderOptions, statusElement } from './message.ts';
import { type Signer, signQuery, writeSigned } from './sign.ts';

interface Delivery {
  binding: Binding;
  /** Address of the single logout service. */
  destination: string;
  /** Sent with Redirect and POST; on SOAP there is none. */
  relayState?: string | undefined;
  signer: Signer;
}

export interface LogoutRequestInput extends Delivery {
  nameId: NameId;
  sessionIndexes: readonly string[];
  /** Epoch milliseconds; after it the request means nothing. */
  notOnOrAfter: number;
}

export interface LogoutResponseInput extends Delivery {
  inResponseTo: string;
  status: Status;
}

/** A message to send. */
export type Outgoing = { id: string } & (
  | { binding: 'redirect'; location: string }
  /** XML; the form carries it in base64 under `parameter`. */
  | { binding: 'post'; parameter: Parameter; xml: string; relayState?: string }
  /** A whole envelope. */
  | { binding: 'soap'; xml: string }
);
type Parameter = 'SAMLRequest' | 'SAMLResponse';

/** Writes single logout messages (saml-core section 3.7), each signed as its binding wants it. */
export interface LogoutWriter {
  request(input: LogoutRequestInput): Outgoing;
  response(input: LogoutResponseInput): Outgoing;
}

const AFTER_ISSUER = 1;

export function createLogoutWriter(sender: SenderOptions): LogoutWriter {
  return {
    request(input) {
      const attributes = { Destination: input.destination, NotOnOrAfter: instant(input.notOnOrAfter) };
      const indexes = input.sessionIndexes.map((index) => element('samlp:SessionIndex', {}, index));
      const root = message('samlp:LogoutRequest', sender, attributes, nameIdElement(input.nameId), ...indexes);
      return deliver(root, 'SAMLRequest', input);
    },
    response(input) {
      const attributes = { Destination: input.destination, InResponseTo: input.inResponseTo };
      const root = message('samlp:LogoutResponse', sender, attributes, statusElement(input.status));
      return deliver(root, 'SAMLResponse', input);
    },
  };
}

function deliver(root: XmlElement & { id: string }, parameter: Parameter, delivery: Delivery): Outgoing {
  const { binding, relayState, signer } = delivery;
  const { id } = root;
  if (binding === 'redirect') return { id, binding, location: redirection(write(root), parameter, delivery) };
  const xml = writeSigned(root, AFTER_ISSUER, signer);
  if (binding === 'soap') return { id, binding, xml: envelope(xml) };
  return { id, binding, parameter, xml, ...(relayState !== undefined && { relayState }) };
}

/** saml-bindings section 3.4.4.1: deflated, and signed in the query instead of in the message. */
function redirection(xml: string, parameter: Parameter, { destination, relayState, signer }: Delivery): string {
  const deflated = deflateRawSync(Buffer.from(xml)).toString('base64');
  const relayed = relayState === undefined ? '' : `&RelayState=${encodeURIComponent(relayState)}`;
  const query = signQuery(`${parameter}=${encodeURIComponent(deflated)}${relayed}`, signer);
  return `${destination}${destination.includes('?') ? '&' : '?'}${query}`;
}

/** SOAP 1.1 (saml-bindings section 3.2). */
function envelope(xml: string): string {
  return write(element('soap:Envelope', {}, element('soap:Body', {}, new Written(xml))));
}
