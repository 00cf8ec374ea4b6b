import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import { grantKey } from './adapter.ts';
import { allowedTo, claimsOf } from './claims.ts';
import { evaluationOf } from './evaluation.ts';
import { inHand, readAhead, takeAhead } from './in-hand.ts';
import type { OidcPorts } from './ports.ts';
import { generationOf, proofsOf } from './resting.ts';

/**
 * Loads the account behind a session or token. A token is asked about with it: one whose account has ended everything
 * since, or a refresh that policy or directory no longer allow, finds no account and so ends in invalid_grant.
 */
export function findAccount(ports: OidcPorts): FindAccount {
  return async (ctx, sub, token): Promise<Account | undefined> => {
    const accounts = inHand()?.accounts;
    const known = await accounts?.get(sub);
    const [person, isAllowed] = await Promise.all([
      ports.account(sub, ctx, known),
      token === undefined || !('iat' in token) || allowedStill(ports, ctx, sub, token),
    ]);
    if (person === undefined || !isAllowed) return undefined;
    accounts?.set(sub, Promise.resolve(person));
    if (token === undefined && (await isLeft(ports, ctx))) return undefined;
    const allowed = allowedTo(ctx.oidc.client);
    return { accountId: sub, claims: async () => claimsOf(person, allowed) };
  };
}

/** Authorization requests, as oidc-provider calls their routes. */
const ASKING = ['authorization', 'resume', 'device_resume'];

/** Whether the request's session ended while its account was looked at: before a grant of it is looked for. */
async function isLeft(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<boolean> {
  if (!ASKING.includes(String(ctx.oidc.route)) || ctx.oidc.session?.accountId === undefined) return false;
  await evaluationOf(ports, ctx);
  return ctx.oidc.session.accountId === undefined;
}

type Token = NonNullable<Parameters<FindAccount>[2]>;

async function allowedStill(ports: OidcPorts, ctx: KoaContextWithOIDC, sub: string, token: Token): Promise<boolean> {
  const grant = ctx.oidc.entities.Grant ?? (await grantOf(ports, ctx, token));
  const issuedAt = 'iiat' in token ? Number(token.iiat) : Number(token.iat);
  return ports.stillAllowed({
    application: String(token.clientId),
    account: sub,
    // A code was issued a minute ago at most, by policy that knew where the browser is.
    kind: token.kind === 'RefreshToken' ? 'issue' : 'use',
    ...('acr' in token && typeof token.acr === 'string' ? { acr: token.acr } : {}),
    proofs: proofsOf(grant),
    issuedAt: issuedAt * 1000,
    generation: generationOf(grant),
    within: ctx,
  });
}

/** Some endpoints ask for the account before they look up the grant: they find what was read here. */
async function grantOf({ ephemeral }: OidcPorts, { oidc }: KoaContextWithOIDC, { grantId }: { grantId?: unknown }) {
  if (typeof grantId !== 'string') return undefined;
  const stored = takeAhead(grantKey(grantId)) ?? ephemeral.get(grantKey(grantId));
  const again = () => readAhead(grantKey(grantId), () => stored);
  again();
  const grant = await oidc.provider.Grant.find(grantId);
  again();
  return grant;
}
