import type { LogoutRequest, NameId } from '../../../saml/index.ts';

const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

/** What this browser's session issued to the service provider that asks. */
export interface Issued {
  index: string;
  nameId: NameId;
}

/**
 * Whether a LogoutRequest means this very session (saml-core section 3.7.3): the person by the name that was issued,
 * and the session by its index, or all of this person's where none is named. Whoever has a service provider sign a
 * request for themselves must not end another's session with it.
 */
export function means({ nameId, sessionIndexes }: Pick<LogoutRequest, 'nameId' | 'sessionIndexes'>, issued: Issued) {
  return isSame(nameId, issued.nameId) && (sessionIndexes.length === 0 || sessionIndexes.includes(issued.index));
}

/** What a service provider leaves out isn't held against it; what it says must be right (saml-core section 3.3.4). */
function isSame(said: NameId, issued: NameId): boolean {
  const agrees = (a: string | undefined, b: string | undefined) => a === undefined || a === b;
  return (
    said.value === issued.value &&
    (said.format === UNSPECIFIED || said.format === issued.format) &&
    agrees(said.nameQualifier, issued.nameQualifier) &&
    agrees(said.spNameQualifier, issued.spNameQualifier)
  );
}
