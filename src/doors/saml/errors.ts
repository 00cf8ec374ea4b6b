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
] as const;
export type Fault = (typeof FAULTS)[number];

/** An application that is known, and has no metadata in force. */
export interface Absence {
  application: string;
  /** When it ended, epoch milliseconds; absent where there is none for another reason. */
  ended?: number;
  /** For the log. */
  reason: string;
}

export class SamlFault extends Error {
  readonly fault: Fault;

  /** `message`: detail for the log; it may quote the sender, never a secret. */
  constructor(fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SamlFault';
    this.fault = fault;
  }
}

/** It isn't the message: the application can't be served. That tells a stranger nothing but what its own metadata does. */
export class AbsentFault extends SamlFault {
  readonly absence: Absence;

  constructor(absence: Absence) {
    super('metadata', `${absence.application}: ${absence.reason}`);
    this.name = 'AbsentFault';
    this.absence = absence;
  }
}
