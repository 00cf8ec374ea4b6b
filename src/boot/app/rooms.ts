import type { Core } from '../../core/door.ts';
import { helpDeskRoom, scopeGroups } from '../../help-desk/index.ts';
import { methodsRoom } from '../../methods/index.ts';
import { reportsRoom } from '../../reports/index.ts';
import { resetRoom } from '../../reset/index.ts';
import { signInRoom } from '../../sign-in/index.ts';
import { statisticsRoom } from '../../statistics/index.ts';
import { loadOf } from '../load/index.ts';
import { resetSettings } from '../reset-settings.ts';
import type { Rooms } from '../rooms.ts';
import { createSlowHash } from '../slow-hash.ts';
import type { Standing } from './standing.ts';

/** The rooms above assurance, from the bottom up: what is done there can end sessions. */
export function openRooms({ config, ground, ledger, outside, people, strangers }: Standing, core: Core): Rooms {
  const { world, log, durable, ephemeral, sealer } = ground;
  const { audit } = ledger;
  const { rooms: below, factors, directories, applications, rules, networksOf } = people;
  const endSessions = async (account: string, except?: string) => void (await core.endAll(account, except));
  const endGrants = async (account: string, credential: string) => void (await core.endGrants(account, credential));
  const { campaigns, suggestions, helpDesk, issuer, defaultLocale } = config;
  const needs = {
    ...{ ...world, durable, ephemeral, strangers, sealer, audit, log, load: loadOf(config, ground) },
    ...{ factors, directories, applications, rules, campaigns, suggestions, endSessions, endGrants },
    ...{ sessionsOf: core.sessionsOf, endSome: core.endSome },
    ...{ issuer, defaultLocale, networksOf, routes: config.directories, post: outside.post, macKeys: ground.keys.csrf },
    ...{ reset: resetSettings(config, directories), hashing: createSlowHash() },
    ...(helpDesk ? { helpDesk } : {}),
    scopeGroups: scopeGroups(helpDesk?.agents ?? []),
    departmentPrefix: helpDesk?.departmentPrefix,
  };

  const able = { ...below, ...methodsRoom(needs, below) };
  const all = { ...able, ...signInRoom(needs, able), ...reportsRoom(needs, able), ...resetRoom(needs, able) };
  return { ...all, ...helpDeskRoom(needs, all), ...statisticsRoom(needs, all) };
}
