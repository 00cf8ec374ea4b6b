import type { NameId, Status } from '../model.ts';
import { element } from './canonical.ts';
import { type Delivery, deliver, type Outgoing } from './delivery.ts';
import { instant, message, nameIdElement, type SenderOptions, statusElement } from './message.ts';

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

/** Writes single logout messages (saml-core section 3.7), each signed as its binding wants it. */
export interface LogoutWriter {
  request(input: LogoutRequestInput): Outgoing;
  response(input: LogoutResponseInput): Outgoing;
}

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
