import type { Account, Credential } from '../core/account.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { PromptKind } from '../core/prompt.ts';

/** Whether a requirement that allows these factors allows this one; one that wants to be named isn't among "every". */
export function allows(allowed: readonly string[] | undefined, { module }: EnabledFactor): boolean {
  return allowed === undefined ? module.onlyIfNamed !== true : allowed.includes(module.id);
}

/**
 * What an account can be asked for without having set anything up: stand-ins for credentials, kept nowhere. Where
 * methods are listed and managed they aren't among them, and nobody counts as enrolled by them.
 */
export function impliedOf(
  factors: ReadonlyMap<string, EnabledFactor>,
  account: Account | undefined,
  allowed: readonly string[] | undefined,
  presents?: readonly PromptKind[],
): Credential[] {
  if (account === undefined) return [];
  return [...factors.values()].flatMap((it) => {
    const { id, implied } = it.module;
    if (!implied || !allows(allowed, it) || !it.factor.usable(account, [], presents ? { presents } : {})) return [];
    return [{ id, account: account.id, factor: id, name: '', data: undefined, createdAt: 0, version: 0 }];
  });
}

/** Ids of factors whose proofs count only where a requirement names them. */
export function onlyIfNamed(factors: ReadonlyMap<string, EnabledFactor>): ReadonlySet<string> {
  return new Set([...factors.values()].flatMap(({ module }) => (module.onlyIfNamed ? [module.id] : [])));
}
