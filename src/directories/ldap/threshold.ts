import { setTimeout as pause } from 'node:timers/promises';
import type { Entry, SearchOptions } from 'ldapts';
import type { DirectoryLockout } from '../../core/directory.ts';
import type { LogPort } from '../../core/log.ts';
import { causeOf } from './errors.ts';
import type { Pool } from './pool.ts';
import type { PresetName } from './presets.ts';
import type { Settings } from './settings.ts';
import { isBelow, textOf, textsOf } from './values.ts';

/** What was read is read again after this long, and what couldn't be, milliseconds. */
const KEPT = 10 * 60_000;
const AGAIN = 30_000;
/** How long somebody waits at most for what hasn't been read yet, milliseconds. */
const PATIENCE = 1_000;
/** A failure that the directory never forgets is kept in mind for so long here, milliseconds. */
const LONGEST = 7 * 86_400_000;
/** Until it has been read: less than what any directory is set to that people can live with. */
const UNREAD: DirectoryLockout = { failures: 4, window: 30 * 60_000 };

interface Rule {
  failures: number;
  window: number;
}

interface Source {
  filter: string;
  scope: 'base' | 'sub';
  attributes: string[];
  read(entry: Entry): Rule;
}

const numberOf = (entry: Entry, name: string): number => Number(textOf(entry, name) ?? 0);
const secondsOf = (entry: Entry, name: string): number => numberOf(entry, name) * 1000 || LONGEST;

const SOURCES: Partial<Record<PresetName, Source>> = {
  'active-directory': {
    filter: '(objectClass=domainDNS)',
    scope: 'base',
    attributes: ['lockoutThreshold', 'lockOutObservationWindow'],
    // A negative interval of 100 ns each.
    read: (entry) => ({
      failures: numberOf(entry, 'lockoutThreshold'),
      window: -numberOf(entry, 'lockOutObservationWindow') / 10_000 || LONGEST,
    }),
  },
  openldap: {
    filter: '(&(objectClass=pwdPolicy)(pwdLockout=TRUE))',
    scope: 'sub',
    attributes: ['pwdMaxFailure', 'pwdFailureCountInterval'],
    read: (entry) => ({
      failures: numberOf(entry, 'pwdMaxFailure'),
      window: secondsOf(entry, 'pwdFailureCountInterval'),
    }),
  },
  freeipa: {
    filter: '(objectClass=krbPwdPolicy)',
    scope: 'sub',
    attributes: ['krbPwdMaxFailure', 'krbPwdFailureCountInterval'],
    read: (entry) => ({
      failures: numberOf(entry, 'krbPwdMaxFailure'),
      window: secondsOf(entry, 'krbPwdFailureCountInterval'),
    }),
  },
};

/**
 * After how many wrong passwords the directory locks an account: configured, or the strictest of its policies. Until
 * it could be read a low one is taken. Undefined where it locks nobody, or doesn't tell.
 */
export function createThreshold(
  settings: Settings,
  { pool, now, log }: { pool: Pool; now(): number; log: LogPort },
): () => Promise<DirectoryLockout | undefined> {
  const { lockoutThreshold: configured, lockoutWindow: window } = settings;
  if (configured !== undefined) return async () => ({ failures: configured, window });
  const source = SOURCES[settings.preset];
  if (source === undefined) return async () => undefined;
  let known: DirectoryLockout | undefined = UNREAD;
  let readAgain = 0;
  let reading: Promise<void> | undefined;

  async function read(from: Source): Promise<void> {
    try {
      const rules = await rulesOf(pool, settings.base, from);
      const strict = rules.filter(({ failures }) => failures > 0);
      known =
        strict.length === 0
          ? undefined
          : {
              failures: Math.min(...strict.map(({ failures }) => failures)),
              window: Math.min(LONGEST, Math.max(...strict.map((rule) => rule.window))),
            };
      readAgain = now() + KEPT;
    } catch (error) {
      readAgain = now() + AGAIN;
      log.warn({ error: causeOf(error) }, 'after how many wrong passwords a directory locks an account can’t be read');
    }
  }

  return async () => {
    if (now() < readAgain) return known;
    reading ??= read(source).finally(() => {
      reading = undefined;
    });
    // Nobody waits for what is known already, or for a server that is away: people of other directories neither.
    if (readAgain === 0) await Promise.race([reading, pause(PATIENCE, undefined, { ref: false })]);
    return known;
  };
}

/** Of the whole naming context: policies needn't lie where people do. */
async function rulesOf(pool: Pool, base: string, { filter, scope, attributes, read }: Source): Promise<Rule[]> {
  const head = await contextOf(pool, base);
  const options: SearchOptions = { scope, filter, attributes, sizeLimit: 200 };
  const { searchEntries } = await pool.run(({ client }) => client.search(head, options));
  return searchEntries.map(read);
}

async function contextOf(pool: Pool, base: string): Promise<string> {
  const attributes = ['defaultNamingContext', 'namingContexts'];
  const { searchEntries } = await pool.run(({ client }) => client.search('', { scope: 'base', attributes }));
  const [root] = searchEntries;
  const contexts = root ? attributes.flatMap((name) => textsOf(root, name)) : [];
  return contexts.find((dn) => isBelow(base, dn)) ?? base;
}
