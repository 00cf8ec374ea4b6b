import type { Request, Response } from 'express';

/** Where no route was found, as for whatever a stranger thinks of. */
export const NO_ROUTE = 'none';

interface Named {
  routeName?: string;
}

/** Says by which pattern a request is answered that Express' router doesn't know one of. Never a path with an id in it. */
export function nameRoute(res: Pick<Response, 'locals'>, pattern: string): void {
  (res.locals as Named).routeName = pattern;
}

/** The pattern by which a request was answered, for what measures: the program's own words, and nothing of the path. */
export function routeNameOf(
  { route, baseUrl }: Pick<Request, 'route' | 'baseUrl'>,
  res: Pick<Response, 'locals'>,
): string {
  const { routeName } = res.locals as Named;
  if (routeName !== undefined) return routeName;
  const path: unknown = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? `${baseUrl}${path}` : NO_ROUTE;
}
