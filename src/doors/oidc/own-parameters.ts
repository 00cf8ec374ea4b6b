import { decodeJwt } from 'jose';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';

/** Another door's wish. The claims parameter, which could say so, needs an ID token: oidc-provider refuses it without one. */
export const ACR_ESSENTIAL = 'acr_essential';

/**
 * That `max_age=0` was asked for: oidc-provider makes `prompt=login` of it and forgets it, so that a second factor of
 * an hour ago would do. Ours to set, whatever a request says.
 */
export const MAX_AGE_ZERO = 'max_age_zero';

/** The application's own chooser: a house's names, with blanks between them. Any application may send it: it is a hint. */
export const IDP_HINT = 'idp_hint';

const LONGEST_HINT = 2_048;
const MOST_HINTS = 10;

const SET = 'true';

type Validator = (ctx: KoaContextWithOIDC, value: string | undefined, client: Client) => void;

/**
 * Parameters that oidc-provider doesn’t know; but for the hint no application sets them. They are run over each request
 * when it arrives, pushed or not, and are kept with it from then on, through pushed request and interactions.
 */
export function ownParameters({ applications }: Pick<OidcPorts, 'applications'>): Readonly<Record<string, Validator>> {
  const keep = ({ oidc }: KoaContextWithOIDC, name: string, set: boolean) => {
    if (oidc.params) oidc.params[name] = set ? SET : undefined;
  };
  return {
    [ACR_ESSENTIAL]: (ctx, value, { clientId }) => {
      // Clients of this door say so in their claims parameter.
      const door = applications.get(clientId)?.door;
      keep(ctx, ACR_ESSENTIAL, value === SET && door !== 'oidc');
    },
    [IDP_HINT]: ({ oidc }, value) => {
      if (oidc.params && value !== undefined && value.length > LONGEST_HINT) oidc.params[IDP_HINT] = undefined;
    },
    [MAX_AGE_ZERO]: (ctx, value) => {
      const { PushedAuthorizationRequest: pushed } = ctx.oidc.entities;
      // One that wasn't signed oidc-provider has made anew: only what this function set when it was pushed is left.
      const made = pushed !== undefined && value === SET;
      keep(ctx, MAX_AGE_ZERO, made || isZero(given(ctx, 'max_age', pushed?.request)));
    },
  };
}

/** What the request says itself, before oidc-provider has changed it; of a request object nothing beside it counts. */
function given(ctx: KoaContextWithOIDC, name: string, pushed?: string): unknown {
  const sent = ctx.method === 'POST' ? ctx.oidc.body : ctx.query;
  // It has been verified by now.
  const object: unknown = pushed ?? sent?.request;
  return typeof object === 'string' ? decodeJwt(object)[name] : sent?.[name];
}

/** As oidc-provider reads it: `00` and `0.0` are zero, nothing at all is no age. */
function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === 'string' && value !== '' && Number(value) === 0);
}

/** Whether a request that has passed `ownParameters` asks for it. */
export function isSet(params: Readonly<Record<string, unknown>>, name: string): boolean {
  return params[name] === SET;
}

/** What the application's own chooser named, of a request that has passed `ownParameters`. */
export function hintsOf(params: Readonly<Record<string, unknown>>): string[] {
  const hint = params[IDP_HINT];
  return typeof hint === 'string' ? hint.split(' ').filter(Boolean).slice(0, MOST_HINTS) : [];
}
