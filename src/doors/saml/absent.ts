import { SamlFault } from '../../saml/index.ts';

/** An application that is known, and has no metadata in force. */
export interface Absence {
  application: string;
  /** When it ended, epoch milliseconds; absent where there is none for another reason. */
  ended?: number;
  /** For the log. */
  reason: string;
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
