import type { Whom } from './people.ts';

/**
 * In which departments somebody counts: those of their groups that have the configured beginning, without it; where none
 * is configured, the one that their directory says. Nobody says anything of whoever is in none.
 */
export function departmentsBy(prefix: string | undefined) {
  return ({ groups = [], profile }: Omit<Whom, 'id'>): string[] => {
    const named =
      prefix === undefined
        ? [profile?.department ?? '']
        : groups.filter((group) => group.startsWith(prefix)).map((group) => group.slice(prefix.length));
    return [...new Set(named.map((name) => name.trim()))].filter((name) => name !== '');
  };
}
