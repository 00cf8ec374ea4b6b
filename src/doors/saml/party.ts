import type { ServiceProvider } from '../../saml/index.ts';

/** A service provider that may sign in here, and the application that it is to the rest of the gateway. */
export interface Party {
  /** Id of the application. */
  application: string;
  provider: ServiceProvider;
}
