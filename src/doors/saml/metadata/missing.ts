/** What is wrong with metadata of so many service providers, none of which is the one of an application. */
export function missingFrom(count: number, entityId: string | undefined): string {
  if (entityId !== undefined) return `describes no service provider ${entityId} that can be used`;
  if (count > 1) return `describes ${count} service providers: say which by entityId, or all by federation: true`;
  return 'describes no service provider that can be used';
}
