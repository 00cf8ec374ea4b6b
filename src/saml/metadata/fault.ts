/** Metadata that has ended: of whom, where that is known, and when. Epoch milliseconds. */
export interface Lapsed {
  entityId?: string;
  at: number;
}

/** Why an entity, or a whole document, isn't used: one sentence, for operator and log. */
export class MetadataFault extends Error {
  /** Where the reason is that it has ended. */
  readonly lapsed: Lapsed | undefined;

  constructor(message: string, { lapsed, ...options }: ErrorOptions & { lapsed?: Lapsed } = {}) {
    super(message, options);
    this.name = 'MetadataFault';
    this.lapsed = lapsed;
  }
}

/** A document that isn't taken for the one that it is to describe: it speaks of another entity, or of somebody else's. */
export class ClaimFault extends MetadataFault {
  /** The entityID that it came with, where it is one. */
  readonly claimed: string | undefined;

  constructor(message: string, claimed: string | undefined) {
    super(message);
    this.name = 'ClaimFault';
    this.claimed = claimed;
  }
}

/** A fault as it passes between threads and processes. */
export interface PlainFault {
  fault: string;
  lapsed?: Lapsed;
}

export function plainFault(error: unknown): PlainFault {
  const lapsed = error instanceof MetadataFault && error.lapsed !== undefined && { lapsed: error.lapsed };
  return { fault: reasonOf(error), ...lapsed };
}

export function faultFrom({ fault, lapsed }: PlainFault): MetadataFault {
  return new MetadataFault(fault, lapsed && { lapsed });
}

/** The sentence of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
