import { setImmediate } from 'node:timers/promises';
import type { LocalizedText } from '../../core/account.ts';
import type { HouseEntry, Houses } from '../../core/houses.ts';
import type { IdentityProvider, Source, Whole } from '../../saml/index.ts';
import { scopesOf } from './attributes.ts';
import type { Settings } from './settings.ts';

/** REFEDS Hide From Discovery. */
const HIDDEN = 'http://refeds.org/category/hide-from-discovery';
/** Entries that are made in one turn of the event loop: some milliseconds. */
const AT_ONCE = 50;
const MOST_DOMAINS = 20;
const MOST_KEYWORDS = 50;
/** Height that a picture is shown at, in pixels. */
const HEIGHT = 40;

type Provider = Pick<
  IdentityProvider,
  'displayName' | 'entityCategories' | 'entityId' | 'keywords' | 'logos' | 'scopes'
>;

/** Whether people may come from the provider of this entityID. */
export const leadsTo = ({ entityId, federation }: Settings, id: string): boolean =>
  federation === undefined ? id === entityId : (federation.only?.includes(id) ?? true);

/**
 * The providers of the metadata in force. A list is made once for each document, a little at a time; until a new one is
 * there the former is shown, and whoever leaves by it is held against the new document.
 */
export function createHouses(settings: Settings, started: () => Promise<Source<IdentityProvider>>): Houses {
  let listed: { digest: string; entries: readonly HouseEntry[] } | undefined;
  let making: { digest: string; entries: Promise<readonly HouseEntry[]> } | undefined;

  async function make(whole: Whole<IdentityProvider>): Promise<readonly HouseEntry[]> {
    const entries: HouseEntry[] = [];
    let looked = 0;
    for (const provider of whole.entities()) {
      if (leadsTo(settings, provider.entityId)) entries.push(entryOf(provider, settings));
      looked += 1;
      if (looked % AT_ONCE === 0) await setImmediate();
    }
    listed = { digest: whole.digest, entries };
    return entries;
  }

  return {
    many: settings.federation !== undefined,
    async all() {
      const whole = (await started()).whole();
      if (whole === undefined) return [];
      if (listed?.digest === whole.digest) return listed.entries;
      if (making?.digest !== whole.digest) {
        making = { digest: whole.digest, entries: make(whole) };
        // Whoever waits for it hears of it; the next one has it made anew.
        making.entries.catch(() => {
          making = undefined;
        });
      }
      return listed?.entries ?? making.entries;
    },
    async find(id) {
      const provider = leadsTo(settings, id) ? await (await started()).find(id) : undefined;
      return provider && entryOf(provider, settings);
    },
  };
}

/** A provider as people choose it. The only one is called what the operator calls it. */
export function entryOf(provider: Provider, settings: Settings): HouseEntry {
  const { entityId, displayName, keywords, logos, entityCategories } = provider;
  const logo = logoOf(logos);
  return {
    id: entityId,
    name: settings.federation ? (displayName ?? hostOf(entityId)) : (settings.name as LocalizedText),
    keywords: keywords.slice(0, MOST_KEYWORDS),
    domains: [...scopesOf(provider, settings)].slice(0, MOST_DOMAINS),
    ...(logo && { logo }),
    ...(entityCategories.includes(HIDDEN) && { hidden: true as const }),
  };
}

const hostOf = (entityId: string): string => URL.parse(entityId)?.hostname || entityId;

/** The smallest that needn't be made larger: whether it can be shown at all is seen when it is fetched. */
function logoOf(logos: Provider['logos']): string | undefined {
  const able = logos.filter(({ height }) => height >= HEIGHT).toSorted((a, b) => a.height - b.height);
  return (able[0] ?? logos[0])?.url;
}
