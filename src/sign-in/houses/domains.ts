import type { HouseEntry } from '../../core/houses.ts';
import { foldName } from '../../core/logins.ts';
import type { SignInNeeds } from '../needs.ts';

/** What stands behind the @ of names and addresses, and whose people that are. */
export function createDomains({ directories, routes }: Pick<SignInNeeds, 'directories' | 'routes'>) {
  const own = [...routes].filter(([directory]) => directories.get(directory)?.redirects === undefined);
  const folded = (names: readonly string[]) => names.flatMap((name) => foldName(name) ?? []);
  /** Of people whose passwords are checked here. */
  const here = new Set(own.flatMap(([, { realms, mailDomains }]) => folded([...realms, ...mailDomains])));

  return {
    /** The domain that a name is in, and those above it; none where it is one of ours. */
    named(login: string): string[] {
      const [, domain = ''] = /@([^@\s]+)$/u.exec(foldName(login) ?? '') ?? [];
      const labels = domain.split('.');
      const all = labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
      return all.some((one) => here.has(one)) ? [] : all;
    },

    /** The only house of a directory, with the domains that the operator says are its. */
    alone(directory: string, entry: HouseEntry): HouseEntry[] {
      const mine = folded(routes.get(directory)?.mailDomains ?? []);
      return [{ ...entry, domains: [...new Set([...mine, ...entry.domains])] }];
    },
  };
}
