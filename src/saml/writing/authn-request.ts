import { element } from './canonical.ts';
import { type Delivery, deliver, type Outgoing } from './delivery.ts';
import { message, type SenderOptions } from './message.ts';

/** What a provider is asked for (saml-core section 3.4.1). */
export interface AuthnRequestInput extends Delivery {
  /** By one or the other: SOAP brings no person. */
  binding: 'redirect' | 'post';
  /** Our assertion consumer service; the answer comes by POST. */
  consumer: string;
  /** Whoever is signed in there proves it anew. */
  forceAuthn?: boolean;
  /** Nobody is shown anything. */
  isPassive?: boolean;
  /** Format of the name identifier; absent: whichever the provider likes. */
  nameIdFormat?: string | undefined;
  /** AuthnContextClassRef, each as good; none are asked for where there are none. */
  classes?: readonly string[];
}

const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const flag = (value: boolean | undefined): string | undefined => (value ? 'true' : undefined);

/**
 * Writes AuthnRequests, each signed as its binding wants it. No Subject, which Entra refuses; an ID that begins with no
 * digit; the comparison `exact`, which is the one that all providers know.
 */
export function createAuthnRequestWriter(sender: SenderOptions): (input: AuthnRequestInput) => Outgoing {
  return (input) => {
    const { consumer, destination, nameIdFormat, classes = [] } = input;
    const attributes = {
      AssertionConsumerServiceURL: consumer,
      Destination: destination,
      ForceAuthn: flag(input.forceAuthn),
      IsPassive: flag(input.isPassive),
      ProtocolBinding: POST,
    };
    const asked = classes.map((it) => element('saml:AuthnContextClassRef', {}, it));
    const root = message(
      'samlp:AuthnRequest',
      sender,
      attributes,
      // May create: the profile wants it said where an identifier is to be made for us.
      element('samlp:NameIDPolicy', { AllowCreate: 'true', Format: nameIdFormat }),
      asked.length > 0 ? element('samlp:RequestedAuthnContext', { Comparison: 'exact' }, ...asked) : undefined,
    );
    return deliver(root, 'SAMLRequest', input);
  };
}
