import type { Binding, ServiceProvider } from '../../../saml/index.ts';

/** Bindings that go through a browser. Redirect first: a form that submits itself needs a script or a click. */
const BY_BROWSER = ['redirect', 'post'] as const;
export type FrontBinding = (typeof BY_BROWSER)[number];

export interface Endpoint<B extends Binding = FrontBinding> {
  binding: B;
  location: string;
}

type Services = Pick<ServiceProvider, 'singleLogoutServices'>;

/** Where a LogoutRequest goes from server to server. */
export function soapEndpoint({ singleLogoutServices }: Services): string | undefined {
  return singleLogoutServices.find(({ binding }) => binding === 'soap')?.location;
}

/** Where a browser takes a LogoutRequest. */
export function requestEndpoint(provider: Services): Endpoint | undefined {
  return front(provider, BY_BROWSER, ({ location }) => location);
}

/** Where a browser takes a LogoutResponse (saml-metadata section 2.2.2), by the binding of the request if it can. */
export function responseEndpoint(provider: Services, asked: Binding): Endpoint | undefined {
  const order = BY_BROWSER.toSorted((a, b) => Number(b === asked) - Number(a === asked));
  return front(provider, order, ({ location, responseLocation }) => responseLocation ?? location);
}

function front(
  { singleLogoutServices }: Services,
  order: readonly FrontBinding[],
  addressOf: (service: ServiceProvider['singleLogoutServices'][number]) => string,
): Endpoint | undefined {
  for (const binding of order) {
    const service = singleLogoutServices.find((it) => it.binding === binding);
    if (service) return { binding, location: addressOf(service) };
  }
  return undefined;
}
