import { randomBytes } from 'node:crypto';
import { Attribute, BerWriter, Change, PasswordPolicyControl } from 'ldapts';
import type { PasswordVerdict } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import type { LogPort } from '../../core/log.ts';
import type { Connection } from './connection.ts';
import { AwayError, causeOf, isSilence, RESULT, resultOf } from './errors.ts';
import { createGate } from './gate.ts';
import type { People } from './people.ts';
import { type Pool, patienceOf } from './pool.ts';
import { presetOf } from './presets.ts';
import { createRenewals } from './renewals.ts';
import type { Servers } from './servers.ts';
import type { Settings } from './settings.ts';
import { refusalOf, verdictOf } from './verdicts.ts';

interface Parts {
  people: People;
  pool: Pool;
  servers: Servers;
  log: LogPort;
}

/** Longest password that is sent, bytes of UTF-8. */
const LONGEST = 1024;
/** How many wait at most, for each that may be checked. */
const WAITING = 8;
/** RFC 3062. */
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';

/** Passwords are checked by a bind as the person, on a connection of its own, and changed where the server keeps them. */
export function createPasswords(settings: Settings, { people, pool, servers, log }: Parts) {
  const preset = presetOf(settings.preset);
  const gate = createGate({
    ...{ most: settings.passwordChecks, waiting: WAITING * settings.passwordChecks, patience: patienceOf(settings) },
    full: 'too many passwords are being checked at once',
  });
  const renewals = createRenewals();
  const told = { reasons: settings.preset === 'active-directory' };

  /** No entry is called so; asking costs what asking for one does. */
  const nobody = () => `cn=${randomBytes(16).toString('hex')},${settings.base}`;

  async function bindAs(dn: string, password: string, key?: string): Promise<PasswordVerdict> {
    const connection = await servers.open();
    const control = new PasswordPolicyControl({ critical: false });
    let kept = false;
    try {
      await connection.bind(dn, password, control);
      const verdict = verdictOf(undefined, control.value, told);
      if (verdict !== 'ok' && key !== undefined) {
        kept = true;
        await renewals.keep(key, password, verdict, connection);
      }
      return verdict;
    } catch (error) {
      const verdict = verdictOf(error, control.value, told);
      // The next try is another server's: this one may have counted it.
      if (isSilence(error)) servers.tires(connection.url);
      if (verdict === 'unavailable')
        log.warn({ error: causeOf(error) }, 'a directory didn’t say whether a password is right');
      return verdict;
    } finally {
      if (!kept) await connection.close();
    }
  }

  async function verify(key: string | undefined, password: string): Promise<PasswordVerdict> {
    if (password === '' || Buffer.byteLength(password) > LONGEST || password.includes('\0')) return 'wrong';
    const renewal = key === undefined ? undefined : renewals.of(key, password);
    if (renewal) return renewal.verdict;
    try {
      return await gate(async () => {
        const found = await people.entryOf(key ?? UNKNOWN);
        const verdict = await bindAs(found?.dn ?? nobody(), password, found && key);
        if (found === undefined) return verdict === 'unavailable' ? verdict : 'wrong';
        const { password: state = 'usable' } = found.person;
        return verdict === 'ok' && state !== 'usable' ? state : verdict;
      });
    } catch (error) {
      if (!(error instanceof AwayError)) throw error;
      log.warn({ error: error.message }, 'a directory didn’t say whether a password is right');
      return 'unavailable';
    }
  }

  /** As the person where that can be, for a change by another one is a reset, and passes history and age over. */
  async function change(key: string, next: string, current: string | undefined): Promise<void> {
    const found = await people.entryOf(key);
    if (found === undefined) throw new SallyportError('ERR_NOT_FOUND', 'nobody in the directory has this key');
    const set = (connection: Connection) =>
      preset.passwords === 'unicodePwd'
        ? setUnicode(connection, found.dn, next, current)
        : setByExop(connection, found.dn, next, current);
    const renewal = current === undefined ? undefined : renewals.of(key, current)?.connection;
    const own = renewal ?? (current === undefined ? undefined : await ownConnection(found.dn, current));
    try {
      await (own ? set(own) : pool.run(set));
      await renewals.end(key);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) throw refusal;
      throw error instanceof AwayError ? error : new AwayError('the directory didn’t change a password', error);
    } finally {
      if (own !== renewal) await own?.close();
    }
  }

  /** Undefined where the present password opens nothing any more, but was right a moment ago. */
  async function ownConnection(dn: string, password: string): Promise<Connection | undefined> {
    const connection = await servers.open();
    try {
      await connection.bind(dn, password);
      return connection;
    } catch (error) {
      await connection.close();
      if (resultOf(error) === RESULT.invalidCredentials) return undefined;
      throw new AwayError('the directory didn’t take a password', error);
    }
  }

  return { verify, close: renewals.close, ...(settings.changePassword && { change }) };
}

/** The key of nobody, in a form that every server can look for. */
const UNKNOWN = '00000000-0000-0000-0000-000000000000';

async function setByExop({ client }: Connection, dn: string, next: string, current: string | undefined): Promise<void> {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeString(dn, 0x80);
  if (current !== undefined) writer.writeString(current, 0x81);
  writer.writeString(next, 0x82);
  writer.endSequence();
  const control = new PasswordPolicyControl({ critical: false });
  try {
    await client.exop(PASSWORD_MODIFY, writer.buffer, control);
  } catch (error) {
    throw refusalOf(error, control.value) ?? error;
  }
}

/** Both in one request: the first alone would leave no password at all. */
async function setUnicode(
  { client }: Connection,
  dn: string,
  next: string,
  current: string | undefined,
): Promise<void> {
  const change = (operation: 'add' | 'delete' | 'replace', password: string) =>
    new Change({ operation, modification: new Attribute({ type: 'unicodePwd', values: [quoted(password)] }) });
  const changes = current === undefined ? [change('replace', next)] : [change('delete', current), change('add', next)];
  await client.modify(dn, changes);
}

/** MS-ADTS section 3.1.1.3.1.5. */
const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');
