/** One of the demo's applications, as registered with the issuer. */
export interface DemoApplication {
  /** Path segment, and the client id where nothing else is said. */
  id: string;
  name: string;
  clientId: string;
  clientSecret: string;
  /** What its policy asks, in words for the home page. */
  asks: string;
  /** Default: `openid profile email offline_access`. */
  scope?: string;
}

/** An error to be shown: `error` as the specifications name it, for people who read them. */
export class RelyingPartyError extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string, options?: ErrorOptions) {
    super(description, options);
    this.name = 'RelyingPartyError';
    this.status = status;
    this.error = error;
  }
}
