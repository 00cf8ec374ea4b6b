import type { PasswordPolicy } from '../../accounts/passwords/index.ts';
import type { Directory, DirectoryLockout } from '../../core/directory.ts';
import type { FactorModule } from '../../core/factor.ts';
import type { LockoutNeeds, LockoutSettings } from '../../lockout/index.ts';

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

/**
 * The strictest of all profiles and of the section `lockout`, for everybody: one by profile would tell strangers which
 * profile a name has, and that a name with the default's numbers may be nobody's.
 */
export function joinedLockout(
  lockout: LockoutSettings,
  { profiles }: Pick<PasswordPolicy, 'profiles'>,
): LockoutSettings {
  const all = [lockout, ...[...profiles.values()].flatMap(({ profile }) => profile.lockout ?? [])];
  return {
    ...lockout,
    failures: Math.min(...all.map(({ failures }) => failures)),
    duration: Math.max(...all.map(({ duration }) => duration)),
  };
}
