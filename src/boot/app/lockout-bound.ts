import type { Directory, DirectoryLockout } from '../../core/directory.ts';
import type { FactorModule } from '../../core/factor.ts';
import type { LockoutNeeds } from '../../lockout/index.ts';

/**
 * The strictest of all directories, for everybody: if people of one directory were locked earlier than others, a lock
 * would tell where somebody is, or that they are nowhere.
 */
export function strictestLockout(
  directories: ReadonlyMap<string, Directory>,
  factors: ReadonlyMap<string, Pick<FactorModule, 'asksDirectory'>>,
): NonNullable<LockoutNeeds['bound']> {
  const counting = [...directories.values()].flatMap(({ lockout }) => lockout ?? []);
  return async (factor) => {
    if (counting.length === 0 || !factors.get(factor)?.asksDirectory) return undefined;
    const all = await Promise.all(counting.map((lockout) => lockout()));
    return all.reduce(stricter, undefined);
  };
}

function stricter(one: DirectoryLockout | undefined, other: DirectoryLockout | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  return { failures: Math.min(one.failures, other.failures), window: Math.max(one.window, other.window) };
}
