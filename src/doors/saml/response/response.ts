import {
  createId,
  message,
  type SenderOptions,
  type Signer,
  STATUSES,
  type Status,
  statusElement,
  Written,
  write,
  writeSigned,
  writeSignedAside,
  type XmlContent,
  type XmlElement,
} from '../../../saml/index.ts';
import type { Place } from '../settings.ts';
import { assertionOf, isTyped, type Statement } from './assertion.ts';
import { encryptedAssertion, type Recipient } from './encryption.ts';

export interface ResponderOptions extends SenderOptions {
  /** How far clocks may be off, milliseconds: so long before now Conditions begin. */
  skew: number;
  /** How long an assertion may be used, milliseconds. */
  assertionLifetime: number;
}

interface Delivery {
  /** Address of the assertion consumer service. */
  destination: string;
  /** ID of the request; absent where there was none. */
  inResponseTo?: string | undefined;
  signer: Signer;
}

export interface Success extends Delivery, Statement {
  sign: Place;
  /** Whom to encrypt the assertion for. */
  recipient?: Recipient | undefined;
}

export interface Failure extends Delivery {
  status: Status;
}

/** Writes Responses (saml-core section 3.3.3) as XML for the POST binding, which wants them in base64. */
export interface Responder {
  success(input: Success): Promise<string>;
  /** Always signed: nobody else may end a sign-in in our name. */
  failure(input: Failure): string;
}

const AFTER_ISSUER = 1;

export function createResponder(options: ResponderOptions): Responder {
  const response = ({ destination, inResponseTo }: Delivery, status: Status, ...children: XmlContent[]) =>
    message(
      'samlp:Response',
      options,
      { Destination: destination, InResponseTo: inResponseTo },
      statusElement(status),
      ...children,
    );

  const assertion = (input: Success): XmlElement => {
    const now = options.now();
    return assertionOf(input, {
      id: createId(options.random),
      issuer: options.entityId,
      issueInstant: now,
      notBefore: now - options.skew,
      notOnOrAfter: now + options.assertionLifetime,
      recipient: input.destination,
      inResponseTo: input.inResponseTo,
    });
  };

  return {
    async success(input) {
      const typed = isTyped(input);
      const plain = assertion(input);
      const written =
        input.sign === 'response' ? write(plain) : await writeSignedAside(plain, AFTER_ISSUER, input.signer, typed);
      const sent = input.recipient ? await encryptedAssertion(written, input.recipient) : new Written(written);
      const root = response(input, STATUSES.success, sent);
      // What is encrypted is signed first: the response's signature is over what is sent.
      if (input.sign === 'assertion') return write(root);
      return writeSignedAside(root, AFTER_ISSUER, input.signer, typed && !input.recipient);
    },
    failure: (input) => writeSigned(response(input, input.status), AFTER_ISSUER, input.signer),
  };
}
