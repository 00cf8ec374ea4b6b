import { createCatalog, EVERYWHERE, type Place } from './catalog.ts';
import { createDomain, type Domain, serviceOf, type Tree, type Wires } from './domain.ts';
import { AwayError } from './errors.ts';
import { joinChanges, strictest } from './joined.ts';
import type { Found, People } from './people.ts';
import { createPool } from './pool.ts';
import { createServers } from './servers.ts';
import { type Catalog, domainsOf, type Settings } from './settings.ts';
import { isBelow } from './values.ts';

interface Held {
  domain: Domain;
  found: Found;
}

/** Keys of which the domain is kept in mind. */
const MOST = 10_000;

/** Several domains of one forest: people are found in its global catalog, and all else is asked at their own domain. */
export function createForest(settings: Settings, { servers }: Catalog, wires: Wires): Tree {
  const { now, log } = wires;
  const pool = createPool(createServers(servers, settings, wires), serviceOf(settings), settings, now);
  const catalog = createCatalog(settings, pool);
  // A domain's own servers don't know what groups of another one are called.
  const naming = { pool, base: settings.groups.base ?? EVERYWHERE };
  const domains = domainsOf(settings).map((own) => createDomain(own, wires, naming));
  const [first] = domains as [Domain, ...Domain[]];
  const known = new Map<string, Domain>();

  /** The domain that somebody is in by their name: that of a child is longer than its parent's. */
  function domainOf({ dn }: Place): Domain | undefined {
    const within = domains.filter(({ base }) => isBelow(dn, base)).sort((a, b) => b.base.length - a.base.length);
    if (within.length === 0)
      log.warn({ dn }, 'somebody is in a domain of which no servers are configured, and is nobody');
    return within[0];
  }

  function remember(key: string, domain: Domain): void {
    if (known.size >= MOST) known.clear();
    known.set(key, domain);
  }

  /** As their own domain has them: a catalog is behind. For nobody the first is asked as much. */
  async function fetch(place: Place | undefined): Promise<Found | undefined> {
    const domain = place && domainOf(place);
    const found = await (domain ?? first).people.byKey(domain && place ? place.key : NOBODY);
    if (found && domain) remember(found.person.key, domain);
    return found;
  }

  /** Asks for somebody where they are, whatever the catalog says: it is behind where people have moved. */
  async function asked(key: string, ask: (people: People) => Promise<Found | undefined>): Promise<Held | undefined> {
    const likely = known.get(key);
    let away: AwayError | undefined;
    for (const domain of [...(likely ? [likely] : []), ...domains.filter((it) => it !== likely)]) {
      try {
        const found = await ask(domain.people);
        if (found === undefined) continue;
        remember(key, domain);
        return { domain, found };
      } catch (error) {
        if (!(error instanceof AwayError)) throw error;
        away ??= error;
      }
    }
    if (away) throw away;
    return undefined;
  }

  /** Whose password is whose domain's; for nobody the first does the work. */
  async function domainOfKey(key: string): Promise<Domain> {
    return known.get(key) ?? (await asked(key, (people) => people.entryOf(key)))?.domain ?? first;
  }

  return {
    lookUp: async (name) => fetch(await catalog.byName(name)),

    async byEmail(address) {
      const places = await catalog.byEmail(address);
      const found = await Promise.all(places.length > 0 ? places.map(fetch) : [fetch(undefined)]);
      return found.flatMap((it) => it?.person ?? []);
    },

    byKey: async (key) => (await asked(key, (people) => people.byKey(key)))?.found.person,

    async *list() {
      for (const { people } of domains) yield* people.list();
    },

    changes: joinChanges(domains.map(({ changes }) => changes)),

    async verifyPassword(key, password) {
      try {
        return await (key === undefined ? first : await domainOfKey(key)).verifyPassword(key, password);
      } catch (error) {
        if (error instanceof AwayError) return 'unavailable';
        throw error;
      }
    },

    ...(settings.changePassword && {
      async changePassword(key: string, password: string, current?: string) {
        await (await domainOfKey(key)).changePassword?.(key, password, current);
      },
    }),

    lockout: async () => strictest(await Promise.all(domains.map(({ lockout }) => lockout()))),

    async close() {
      for (const domain of domains) await domain.close();
      await pool.close();
    },
  };
}

/** The key of nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
