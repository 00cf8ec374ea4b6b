import { deflateRawSync } from 'node:zlib';
import type { Binding } from '../model.ts';
import { element, Written, write, type XmlElement } from './canonical.ts';
import { type Signer, signQuery, writeSigned } from './sign.ts';

/** How a message reaches whom it is for. */
export interface Delivery {
  binding: Binding;
  /** Address of the receiver's endpoint. */
  destination: string;
  /** Sent with Redirect and POST; on SOAP there is none. */
  relayState?: string | undefined;
  signer: Signer;
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

const AFTER_ISSUER = 1;

/** A message as its binding carries it, signed as that wants it. */
export function deliver(root: XmlElement & { id: string }, parameter: Parameter, delivery: Delivery): Outgoing {
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
