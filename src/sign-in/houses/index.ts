import { configuredId } from '../../core/application.ts';
import type { HouseEntry } from '../../core/houses.ts';
import type { Redirects } from '../../core/upstream.ts';
import type { SignInNeeds } from '../needs.ts';
import { catalogueOf } from './catalogue.ts';
import { createDomains } from './domains.ts';

/** A house by where it is found: the directory, and which of its many. */
export interface HouseAt {
  directory: string;
  house?: string;
}

/** One that people may come from to an application. */
export interface Offered extends HouseAt {
  entry: HouseEntry;
}

/** What is found by a search, a page of it. */
export interface Found {
  houses: Offered[];
  total: number;
}

/** What speaks for a house, from the strongest on; all of it is a hint alone. */
export interface Clues {
  /** What the application's own chooser said: a directory's name, or a house's own. */
  hints?: readonly string[];
  /** A name or address that was typed, or that the application named. */
  login?: string;
  /** Where the browser's last sign-in by a house came from. */
  last?: HouseAt;
  ip?: string;
}

interface Way {
  directory: string;
  redirects: Redirects;
  only: ReadonlySet<string> | undefined;
}

/** Whose person somebody is whom nobody knows yet, and what they may choose from. It asks nobody, and looks for no account. */
export function createHouseChoice(deps: Pick<SignInNeeds, 'applications' | 'directories' | 'networksOf' | 'routes'>) {
  const { directories, routes } = deps;
  const all = [...directories].flatMap(([directory, { redirects }]) => (redirects ? [{ directory, redirects }] : []));
  const domains = createDomains(deps);

  /** As the operator wrote them; none of our own pages. */
  const providersOf = (application: string) => deps.applications.get(configuredId(application))?.providers;

  /** In the application's order, those that it lists; else in the configuration's, all. */
  function waysOf(application: string): Way[] {
    const listed = providersOf(application);
    if (listed === undefined) return all.map((one) => ({ ...one, only: undefined }));
    return listed.flatMap(({ directory, houses }) => {
      const redirects = directories.get(directory)?.redirects;
      return redirects ? [{ directory, redirects, only: houses && new Set(houses) }] : [];
    });
  }

  const at = ({ directory, redirects: { houses } }: Way, entry: HouseEntry): Offered =>
    houses?.many ? { directory, house: entry.id, entry } : { directory, entry };

  async function entriesOf({ directory, redirects }: Way): Promise<readonly HouseEntry[]> {
    const { houses, name } = redirects;
    const listed = await houses?.all();
    if (houses?.many) return listed ?? [];
    // Its metadata may not be there: it is offered all the same, and says so when somebody leaves.
    const [entry] = listed ?? [];
    return domains.alone(directory, entry ?? { id: directory, name, keywords: [], domains: [] });
  }

  /** One that may be left for, whatever list it isn't on. */
  async function find(application: string, { directory, house }: HouseAt): Promise<Offered | undefined> {
    const way = waysOf(application).find((one) => one.directory === directory);
    if (way === undefined) return undefined;
    if (!way.redirects.houses?.many) return (await entriesOf(way)).map((entry) => at(way, entry))[0];
    if (house === undefined || (way.only && !way.only.has(house))) return undefined;
    const entry = await way.redirects.houses.find(house);
    return entry && at(way, entry);
  }

  /** A page of those that match, the better matches first; hidden ones never. */
  async function search(application: string, query: string, page: { locale: string; from: number; most: number }) {
    const found: Offered[][] = [[], []];
    for (const way of waysOf(application)) {
      const catalogue = catalogueOf(await entriesOf(way));
      for (const [rank, entries] of catalogue.search(query, page.locale).entries()) {
        const allowed = way.only ? entries.filter(({ id }) => way.only?.has(id)) : entries;
        for (const entry of allowed) found[rank]?.push(at(way, entry));
      }
    }
    const ranked = found.flat();
    return { houses: ranked.slice(page.from, page.from + page.most), total: ranked.length } satisfies Found;
  }

  async function ofDomain(application: string, login: string): Promise<Offered | undefined> {
    const names = domains.named(login);
    for (const domain of names) {
      const found: Offered[] = [];
      for (const way of waysOf(application)) {
        const entries = catalogueOf(await entriesOf(way)).ofDomain(domain);
        found.push(...entries.filter(({ id }) => !way.only || way.only.has(id)).map((entry) => at(way, entry)));
      }
      // Two that claim it: people say which.
      if (found.length > 0) return found.length === 1 ? found[0] : undefined;
    }
    return undefined;
  }

  /** By what an application's own chooser says, which knows houses by their own names. */
  async function hinted(application: string, hints: readonly string[]): Promise<Offered | undefined> {
    for (const hint of hints) {
      for (const { directory } of waysOf(application)) {
        const found = await find(application, directory === hint ? { directory } : { directory, house: hint });
        if (found && (directory === hint || found.entry.id === hint)) return found;
      }
    }
    return undefined;
  }

  /** Whether the operator named this very house for the application: of a federation by itself, not with all others. */
  const isNamed = (application: string, { directory, house }: HouseAt): boolean =>
    (providersOf(application) ?? []).some(
      (one) => one.directory === directory && (house === undefined || one.houses?.includes(house) === true),
    );

  async function ofNetwork(application: string, ip: string): Promise<Offered | undefined> {
    const networks = deps.networksOf(ip);
    const way = waysOf(application).find(({ directory }) =>
      routes.get(directory)?.networks.some((network) => networks.includes(network)),
    );
    return way && find(application, { directory: way.directory });
  }

  /** Where somebody may be from; undefined where nothing says so. */
  async function suggested(application: string, { hints = [], login, last, ip }: Clues): Promise<Offered | undefined> {
    return (
      (await hinted(application, hints)) ??
      (login === undefined ? undefined : await ofDomain(application, login)) ??
      (last && (await find(application, last))) ??
      (ip === undefined ? undefined : await ofNetwork(application, ip))
    );
  }

  return { waysOf, find, search, suggested, ofDomain, hinted, isNamed };
}

export type HouseChoice = ReturnType<typeof createHouseChoice>;
