import type { IncomingMessage } from 'node:http';
import { type Interaction, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { SallyportError } from '../../core/errors.ts';
import { readAgain } from './interactions.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

type Bound = Interaction & { browser?: string };
type Ports = Pick<OidcPorts, 'bonds'>;

const KIND = 'sign-in';
const RESUMED = new RegExp(`^(?:${ROUTES.authorization}|${ROUTES.code_verification})/([^/]+)$`);

/** Binds each interaction to the browser that it is begun in: none is kept without. */
export function bindInteractions({ Interaction }: Provider, { bonds }: Ports): void {
  const fields: string[] = Interaction.IN_PAYLOAD;
  Object.defineProperty(Interaction, 'IN_PAYLOAD', { value: [...fields, 'browser'] });
  const { save, destroy } = Interaction.prototype;
  Object.assign(Interaction.prototype, {
    async save(this: Bound, ttl: number) {
      if (this.browser !== undefined) return save.call(this, ttl);
      return bonds.make(present(), KIND, this.uid, ttl * 1000, (hash) => {
        this.browser = hash;
        return save.call(this, ttl);
      });
    },
    async destroy(this: Bound) {
      await destroy.call(this);
      bonds.end(present(), KIND, this.uid);
    },
  });
}

/** The exchange in which oidc-provider is at work. */
function present(): KoaContextWithOIDC {
  const { ctx } = Provider;
  if (ctx === undefined) throw new Error('an interaction begins and ends in a request');
  return ctx;
}

/**
 * The interaction of this id, in the browser that it is bound to: its address alone opens nothing, nor does a cookie
 * that another host of the domain could plant.
 *
 * @throws SallyportError ERR_SIGN_IN_EXPIRED, ERR_SIGN_IN_OTHER_BROWSER
 */
export async function interactionOf(
  { Interaction }: Provider,
  { bonds }: Ports,
  req: IncomingMessage,
  id: string,
): Promise<Interaction> {
  const found: Bound | undefined = await Interaction.find(id);
  if (found === undefined) throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'no such interaction');
  if (bonds.hold(req, KIND, id, found.browser)) return found;
  throw new SallyportError('ERR_SIGN_IN_OTHER_BROWSER', 'the interaction is bound to another browser');
}

/**
 * Runs around oidc-provider: its own cookies of a sign-in belong to a path, and so could be planted. They are neither
 * set nor believed. What is resumed is what the address names, once the browser has shown that it is its own.
 */
export function resumeInItsBrowser(provider: Provider, ports: Ports) {
  const own = new Set([provider.cookieName('interaction'), provider.cookieName('resume')]);
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const id = RESUMED.exec(ctx.path)?.[1];
    if (id !== undefined) {
      await interactionOf(provider, ports, ctx.req, id);
      readAgain(ctx, id);
    }
    const { cookies } = ctx;
    const [get, set] = [cookies.get.bind(cookies), cookies.set.bind(cookies)];
    cookies.get = (name, options) => (own.has(name) ? id : get(name, options));
    cookies.set = (name, value, options) => (own.has(name) ? cookies : set(name, value, options));
    await next();
  };
}
