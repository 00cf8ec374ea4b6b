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
