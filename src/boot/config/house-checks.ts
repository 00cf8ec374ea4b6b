import { foldName } from '../../core/logins.ts';
import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';
import { isTree } from './tree.ts';

type Section = Readonly<Record<string, unknown>>;

/** Whose people somebody may be who isn't known yet: what directories and applications say of it must go together. */
export function houseFaults({ tree, parsed: { directories = {}, networks }, modules }: Subject): Fault[] {
  const all = Object.entries(directories).flatMap(([id, settings]) => {
    const module = modules.directories.get((settings as { type?: string } | undefined)?.type ?? id);
    return module && settings ? [{ id, settings: settings as Section, module }] : [];
  });
  const leading = new Set(all.filter(({ module }) => module.called !== undefined).map(({ id }) => id));
  const many = new Set(all.filter(({ module, settings }) => module.leadsToMany?.(settings)).map(({ id }) => id));

  const ofNetworks = all.flatMap(({ id, settings }) => {
    const named = textsIn(settings.networks);
    const path = ['directories', id, 'networks'];
    if (named.length > 0 && !leading.has(id)) return [{ path, message: 'leads nowhere: its people sign in here' }];
    if (named.length > 0 && many.has(id)) return [{ path, message: 'doesn’t say which of its many houses' }];
    const unknown = named.filter((name) => networks !== undefined && !Object.hasOwn(networks, name));
    return unknown.map((name) => ({ path, message: `names ${name}, which isn't among networks` }));
  });

  const first = new Map<string, string>();
  const ofDomains = all.flatMap(({ id, settings }) =>
    textsIn(settings.mailDomains).flatMap((name): Fault[] => {
      const path = ['directories', id, 'mailDomains'];
      const domain = foldName(name) ?? name;
      const other = first.get(domain);
      first.set(domain, other ?? id);
      if (many.has(id)) return [{ path, message: 'doesn’t say which of its many houses: their own scopes do' }];
      return other === undefined || other === id ? [] : [{ path, message: `has ${name}, as ${other} does` }];
    }),
  );

  return [...ofNetworks, ...ofDomains, ...ofApplications(tree.applications, { leading, many, isRead: all.length > 0 })];
}

function ofApplications(
  applications: unknown,
  { leading, many, isRead }: { leading: ReadonlySet<string>; many: ReadonlySet<string>; isRead: boolean },
): Fault[] {
  if (!isTree(applications) || !isRead) return [];
  return Object.entries(applications).flatMap(([id, application]) => {
    const listed = isTree(application) && Array.isArray(application.providers) ? application.providers : [];
    return listed.flatMap((one: unknown, at): Fault[] => {
      const path = ['applications', id, 'providers', at];
      const directory = isTree(one) ? one.directory : one;
      if (typeof directory !== 'string') return [];
      if (!leading.has(directory)) {
        return [{ path, message: `names ${directory}, which isn't a directory whose people sign in elsewhere` }];
      }
      return isTree(one) && !many.has(directory)
        ? [{ path, message: `${directory} has one house: write its name alone` }]
        : [];
    });
  });
}

const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
