import { addressesWith } from '../../accounts/contacts.ts';
import type { LocalizedText } from '../../core/account.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Post } from '../../core/post.ts';
import { upstreamOf } from '../../core/said.ts';
import { createLetters, createPlaces, type Letters, type Places } from '../../notices/index.ts';
import { type Branding, brandingOf, createI18n, type I18n } from '../../web/index.ts';
import type { Config } from '../config.ts';
import { type Locate, openGeoip } from '../geoip.ts';
import { guardedFetch } from '../guarded-fetch.ts';
import type { Modules } from '../modules.ts';
import { comparedPlaces, postOffice } from '../notices.ts';
import { postOf } from '../post.ts';
import { createSenders, type Senders } from '../senders.ts';
import type { Ground } from './ground.ts';
import type { Ledger } from './ledger.ts';

/** How the gateway reaches people and other servers, and in which words. */
export interface Outside {
  i18n: I18n;
  branding: Branding;
  fetch: FactorPorts['fetch'];
  locate: Locate;
  senders: Senders;
  letters: Letters;
  post: Post;
  places: Places;
  close(): Promise<void>;
}

export async function openOutside(
  config: Config,
  modules: Modules,
  { world, log, durable, ephemeral, sealer }: Ground,
  { audit }: Ledger,
): Promise<Outside> {
  const { locales, defaultLocale } = config;
  const branding = brandingOf(config.branding, locales);
  const i18n = createI18n({ locales, defaultLocale, overrides: branding.texts, methods: housesIn(config, modules) });
  const fetch = guardedFetch(config.allowedPrivateNetworks);
  const geoip = await openGeoip(config.geoip?.database, { now: world.now, log });
  const senders = createSenders(config, modules, { ...world, fetch, log }, audit);
  const { locate } = geoip;
  const office = postOffice(config, modules, i18n, senders, locate);
  const addressesOf = addressesWith({ durable, sealer });
  const letters = createLetters({ ...world, durable, ephemeral, log, audit, addressesOf, ...office });
  const post = postOf(config, modules, i18n, senders);
  const places = createPlaces({ ...world, durable, log, audit, placesOf: comparedPlaces(config, geoip) });
  return {
    ...{ i18n, branding, fetch, locate, senders, letters, places, post },
    async close() {
      await places.close();
      await letters.close();
      await senders.close();
    },
  };
}

/** Other houses that people come from, by what their proofs name. */
function housesIn({ directories }: Config, modules: Modules): [string, LocalizedText][] {
  return [...directories].flatMap(([id, { type, settings }]): [string, LocalizedText][] => {
    const name = modules.directories.get(type)?.called?.(settings);
    return name === undefined ? [] : [[upstreamOf(id), name]];
  });
}
