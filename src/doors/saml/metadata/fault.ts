/** Why an entity, or a whole document, isn't used: one sentence, for operator and log. */
export class MetadataFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetadataFault';
  }
}

/** The sentence of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is wrong with metadata of so many service providers, none of which is the one of an application. */
export function missingFrom(count: number, entityId: string | undefined): string {
  if (entityId !== undefined) return `describes no service provider ${entityId} that can be used`;
  if (count > 1) return `describes ${count} service providers: say which by entityId, or all by federation: true`;
  return 'describes no service provider that can be used';
}
