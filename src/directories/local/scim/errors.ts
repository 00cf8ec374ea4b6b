/** What RFC 7644 section 3.12 tells apart; table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness';

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** What is wrong with a request, for whoever sent it. */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, scimType?: ScimType, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'ScimError';
    this.status = status;
    this.scimType = scimType;
    this.headers = headers;
  }
}

export function errorBody({ status, message, scimType }: Pick<ScimError, 'status' | 'message' | 'scimType'>) {
  return { schemas: [ERROR], status: String(status), ...(scimType && { scimType }), detail: message };
}

/** A word of theirs in a message of ours: on one line, and short. */
export const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** The same for nobody and for somebody whom this client may not see. */
export const notFound = (): ScimError => new ScimError(404, 'There is no such resource.');
