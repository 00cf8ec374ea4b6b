import { ResponseBodyError, refreshTokenGrant } from 'openid-client';
import type { DirectoryPorts } from '../../core/directory.ts';
import { hasCode } from '../../core/errors.ts';
import type { People } from '../../core/known-people.ts';
import type { Person } from '../../core/person.ts';
import type { Verified } from '../../core/upstream.ts';
import { type Claims, describes, identified } from './claims.ts';
import type { ReadClient } from './client.ts';
import type { Settings, Ways } from './settings.ts';

/** How long a provider that couldn't answer isn't asked about the same person again, milliseconds. */
const REST = 60_000;
/** Characters; a longer token isn't kept, and `askAgain` alone holds. */
const LONGEST = 8_192;

interface Kept {
  token: string;
  /** Epoch milliseconds. */
  notBefore: number;
}

type Entry = NonNullable<Awaited<ReturnType<People['entry']>>>;

type Ports = Pick<DirectoryPorts, 'id' | 'now' | 'log'> & {
  house: Pick<DirectoryPorts['house'], 'ephemeral' | 'sealer'>;
};

/** Whether people are still there, asked of their provider in silence. */
export interface Looks {
  remember(verified: Verified): Promise<void>;
  byKey(key: string): Promise<Person | undefined>;
}

/**
 * Asks by a refresh token (OpenID Connect Core section 12), which a provider takes back from whoever leaves, is disabled
 * or is signed out everywhere. Whom it refuses has nothing here any more, until they come by it again; while it can't be
 * asked, what it said before holds as long as `askAgain`.
 */
export function createLooks(
  settings: Settings,
  ways: Ways,
  { id, now, log, house: { ephemeral, sealer } }: Ports,
  client: ReadClient,
  people: Pick<People, 'again' | 'entry' | 'lose'>,
): Looks {
  const { checkEvery, askAgain } = settings;
  const placeOf = (key: string): string => `still-there:${id}:${key}`;

  async function put(how: 'add' | 'set', key: string, kept: Kept): Promise<void> {
    if (kept.token.length > LONGEST) return;
    await ephemeral[how](placeOf(key), sealer.seal(JSON.stringify(kept), placeOf(key)), askAgain);
  }

  const isLast = async ({ person: { key }, at }: Entry): Promise<boolean> => (await people.entry(key))?.at === at;

  /**
   * What was taken for a look. Whoever has signed in since has left a token of their new session, or another look has it:
   * by one of the old session they would be taken to be gone once that ends.
   */
  async function putBack(of: Entry, kept: Kept): Promise<void> {
    if (await isLast(of)) await put('add', of.person.key, kept);
  }

  function open(key: string, sealed: string | undefined): Kept | undefined {
    try {
      return sealed === undefined ? undefined : (JSON.parse(sealer.open(sealed, placeOf(key))) as Kept);
    } catch (error) {
      // The key that sealed it is gone: then there is nothing to ask by.
      if (hasCode(error, 'ERR_SEAL')) return undefined;
      throw error;
    }
  }

  /** Of all who look at the same moment one asks: most providers take a second use of a token for a theft. */
  async function taken(of: Entry): Promise<string | undefined> {
    const { key } = of.person;
    const there = open(key, await ephemeral.get(placeOf(key)));
    if (there === undefined || there.notBefore > now()) return undefined;
    const kept = open(key, await ephemeral.take(placeOf(key)));
    if (kept === undefined || (await isLast(of))) return kept?.token;
    // They have just signed in: whichever session's it is, nothing is to be asked, and a newer one stays.
    await put('add', key, kept);
    return undefined;
  }

  /** As the provider describes them by now; undefined: it says no more that they are there. Throws where it can't be asked. */
  async function asked(of: Entry, token: string): Promise<Person | undefined> {
    const before = of.person;
    const answer = await refreshTokenGrant(await client(), token);
    await putBack(of, { token: answer.refresh_token ?? token, notBefore: 0 });
    const claims: Claims | undefined = answer.claims();
    // Not every provider names anybody again.
    if (claims === undefined) return before;
    const who = identified(claims, settings, ways);
    if ('reason' in who || who.person.key !== before.key) return undefined;
    return describes(claims, settings) ? who.person : before;
  }

  async function look(of: Entry, token: string): Promise<void> {
    const {
      at,
      person: { key },
    } = of;
    try {
      const person = await asked(of, token);
      await (person ? people.again(person, at) : people.lose(key, at));
    } catch (error) {
      if (error instanceof ResponseBodyError && error.error === 'invalid_grant') {
        log.info({ directory: id, key }, 'a provider says no more that somebody is there');
        return people.lose(key, at);
      }
      log.warn({ directory: id, error: String(error).slice(0, 200) }, 'a provider can’t be asked who is still there');
      // Where its answer was lost on the way, a rotated token is refused the next time: they come by it again.
      await putBack(of, { token, notBefore: now() + REST });
    }
  }

  return {
    async remember({ person, still }) {
      if (checkEvery !== undefined && still !== undefined) await put('set', person.key, { token: still, notBefore: 0 });
    },
    async byKey(key) {
      const known = await people.entry(key);
      if (checkEvery === undefined || known?.person.status !== 'active') return known?.person;
      const token = now() - known.at < checkEvery ? undefined : await taken(known);
      if (token === undefined) return known.person;
      await look(known, token);
      return (await people.entry(key))?.person;
    },
  };
}
