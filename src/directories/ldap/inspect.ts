import type { CommandInput, CommandResult, Directory, Person } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { Connection } from './connection.ts';
import type { LdapDirectory } from './directory.ts';
import { causeOf } from './errors.ts';
import { placesOf, type Settings } from './settings.ts';

/** A certificate that ends within this time is told of, milliseconds. */
const SOON = 21 * 86_400_000;
const DAY = 86_400_000;

/** All that are asked, of whatever domain, each with what goes for it. */
export const serversOf = (settings: Settings): [string, Settings][] =>
  placesOf(settings).flatMap((its) => its.servers.map((url): [string, Settings] => [url, its]));

/** One server: whether it is reached, as whom it shows itself, and whether it takes the service account. */
export async function lookAtServer(url: string, settings: Settings, now: number): Promise<Finding[]> {
  let connection: Connection;
  try {
    connection = await Connection.open(url, settings);
  } catch (error) {
    const todo =
      'See that its name, port and ca are right, that a firewall lets this machine through, and its certificate.';
    return [{ level: 'fault', text: `${url} can’t be reached: ${causeOf(error)}`, todo }];
  }
  try {
    const reached = transportOf(url, connection, now);
    try {
      await connection.bind(settings.bindDn, settings.bindPassword);
    } catch (error) {
      const text = `${url} doesn’t take the service account ${settings.bindDn}: ${causeOf(error)}`;
      return [
        reached,
        { level: 'fault', text, todo: 'See bindDn and bindPassword, and that the account isn’t locked.' },
      ];
    }
    return [reached, { level: 'good', text: `${url} takes the service account ${settings.bindDn}` }];
  } finally {
    await connection.close();
  }
}

function transportOf(url: string, { certificate }: Connection, now: number): Finding {
  if (certificate === undefined) {
    const todo = 'Set tls to required.';
    return { level: 'notice', text: `${url} is reached without TLS: passwords can be read on the way`, todo };
  }
  const { subject, until } = certificate;
  const text = `${url} is reached over TLS; the certificate of ${subject} is good until ${new Date(until).toISOString().slice(0, 10)}`;
  if (until - now > SOON) return { level: 'good', text };
  return { level: 'notice', text, todo: `Renew it: ${Math.floor((until - now) / DAY)} days are left.` };
}

/** Whether passwords here stay below the directory's own lock. */
export async function lookAtLockout({ lockout }: Directory): Promise<Finding> {
  const bound = await lockout?.();
  if (bound === undefined) {
    const text = 'the directory doesn’t say after how many wrong passwords it locks an account';
    return { level: 'notice', text, todo: 'If it locks any, set lockoutThreshold.' };
  }
  const { failures, window } = bound;
  const text = `it locks accounts at ${failures} wrong passwords within ${Math.round(window / 60_000)} min`;
  if (failures >= 5) return { level: 'good', text };
  return { level: 'notice', text, todo: 'So few lock people out who mistype: NIST SP 800-63B-4 allows up to 100.' };
}

/** Step by step, for an operator. Secrets aren't shown. */
export async function test(target: Directory, { args, options, stdin }: CommandInput): Promise<CommandResult> {
  const directory = target as LdapDirectory;
  const [username = ''] = args;
  const lines: string[] = [];
  let exitCode = 0;
  const tell = ({ level, text, todo }: Finding) => {
    if (level === 'fault') exitCode = 1;
    lines.push(`${level.padEnd(8)}${text}${todo === undefined ? '' : `. ${todo}`}`);
  };
  const { settings, now } = directory;
  for (const [url, its] of serversOf(settings))
    for (const finding of await lookAtServer(url, its, now())) tell(finding);
  tell(await lookAtLockout(directory));
  try {
    const found = await directory.lookUp(username);
    if (found === undefined) {
      const todo = `Nobody below ${settings.base} who matches the filter goes by it, or two do, or the entry has no key.`;
      tell({ level: 'fault', text: `nobody is found by ${username}`, todo });
      return { lines, exitCode };
    }
    tell({ level: 'good', text: `found ${found.dn}` });
    lines.push(...describe(found.person));
    if (options.bind === true) tell(await ofPassword(directory, found.person, stdin));
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    tell({ level: 'fault', text: `the search failed: ${error.message}` });
  }
  return { lines, exitCode };
}

async function ofPassword(directory: Directory, { key }: Person, stdin = ''): Promise<Finding> {
  const [password = ''] = stdin.split(/\r?\n/, 1);
  const verdict = await directory.verifyPassword(key, password);
  return {
    level: verdict === 'wrong' || verdict === 'unavailable' ? 'fault' : 'good',
    text: `the password: ${verdict}`,
  };
}

/** What is known of a person, a line each. */
function describe({ status, statusReason, groups, password, profile, aliases, ...person }: Person): string[] {
  const rows: [string, unknown][] = [
    ...Object.entries(person),
    ['aliases', aliases?.join(', ')],
    ...Object.entries(profile ?? {}).map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
    ['groups', groups === undefined ? 'not known' : groups.join(', ') || 'none'],
    ['state', statusReason === undefined ? status : `${status} (${statusReason})`],
    ['its password', password ?? 'not said'],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length)) + 2;
  return known.map(([name, value]) => `        ${name.padEnd(width)}${String(value).replaceAll(/[\p{Cc}]+/gu, ' ')}`);
}
