/** Paths of the OpenID Provider's endpoints, as discovery publishes them. */
export const ROUTES = {
  authorization: '/authorize',
  backchannel_authentication: '/backchannel-authentication',
  code_verification: '/device',
  device_authorization: '/device-authorization',
  end_session: '/logout',
  introspection: '/introspect',
  jwks: '/jwks',
  pushed_authorization_request: '/par',
  registration: '/register',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
};

/** Called by programs, which read JSON whatever their HTTP library says they accept (RFC 6749 section 5.2). */
export const FOR_PROGRAMS: ReadonlySet<string> = new Set([
  ROUTES.registration,
  ROUTES.backchannel_authentication,
  ROUTES.device_authorization,
  ROUTES.introspection,
  ROUTES.jwks,
  ROUTES.pushed_authorization_request,
  ROUTES.revocation,
  ROUTES.token,
  ROUTES.userinfo,
]);

export const DISCOVERY = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
const BELOW = [
  `${ROUTES.registration}/`,
  `${ROUTES.authorization}/`,
  `${ROUTES.code_verification}/`,
  `${ROUTES.end_session}/`,
];

/** The pattern of this door's route that a path belongs to; undefined where it is another one's. */
export function routeOf(path: string): string | undefined {
  if (Object.values(ROUTES).includes(path) || DISCOVERY.includes(path)) return path;
  const prefix = BELOW.find((it) => path.startsWith(it));
  return prefix && `${prefix}*`;
}

/** Whether a path is this door's. */
export const isOurs = (path: string): boolean => routeOf(path) !== undefined;

/** Whether a route is there for devices alone (RFC 8628). */
export const isOfDevices = (route: string): boolean =>
  route === ROUTES.device_authorization || route.startsWith(ROUTES.code_verification);

/** Whether a route is there for clients that register themselves alone (RFC 7591). */
export const isOfRegistration = (route: string): boolean => route.startsWith(ROUTES.registration);
