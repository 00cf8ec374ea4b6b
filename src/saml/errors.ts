/**
 * Why a message was refused, for the log. The sender is told one uniform thing, whichever it was:
 * what a check found is of use to whoever is probing it.
 */
export const FAULTS = [
  'size',
  'encoding',
  'parameters',
  'doctype',
  'xml',
  'schema',
  'kind',
  'algorithm',
  'signature',
  'unsigned',
  'issuer',
  'destination',
  'instant',
  'replay',
  'relay-state',
  'endpoint',
  'metadata',
  'encryption',
  'assertion',
  'response-to',
  'recipient',
  'audience',
  'conditions',
  'subject',
  'authentication',
  'scope',
] as const;
export type Fault = (typeof FAULTS)[number];

export class SamlFault extends Error {
  readonly fault: Fault;

  /** `message`: detail for the log; it may quote the sender, never a secret. */
  constructor(fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SamlFault';
    this.fault = fault;
  }
}
