import type { ZodError } from 'zod';
import type { LineFault } from '../../core/csv.ts';
import { foldName } from '../../core/logins.ts';
import { type Columns, readTable, type TableRow } from '../../core/table.ts';
import type { LocalDirectory } from './directory.ts';
import type { Entry } from './entry.ts';
import { isAcceptable } from './hasher.ts';
import { findNamesakes } from './namesakes.ts';
import { passwordFault } from './passwords.ts';
import { details } from './person.ts';
import { PROFILE_COLUMNS, PROFILE_FIELDS, unfounded } from './profile.ts';

const COLUMNS = {
  username: ['upn', 'user principal name', 'login'],
  name: ['display name', 'full name'],
  email: ['mail', 'email address', 'mail address'],
  groups: [],
  password: [],
  passwordHash: [],
  ...PROFILE_COLUMNS,
} as const satisfies Columns<string>;
type Column = keyof typeof COLUMNS;
type Cells = TableRow<Column>['cells'];

export interface Plan {
  entries: Entry[];
  /** In order of lines. If there are any, nothing may be imported. */
  faults: LineFault[];
}

const partial = details.partial({ name: true, groups: true });

/** The messages of a schema's faults, one each. */
export function messagesOf(error: ZodError): string[] {
  return [...new Set(error.issues.map(({ message }) => message))];
}

/** Columns that are absent stay as they are; an empty cell clears what stood there, but for the name. */
function changeOf(cells: Cells): Record<string, unknown> {
  const { name, groups } = cells;
  const optional = (['email', ...PROFILE_FIELDS] as const).filter((field) => cells[field] !== undefined);
  return {
    ...(name?.trim() && { name }),
    ...Object.fromEntries(optional.map((field) => [field, cells[field]?.trim() ? cells[field] : undefined])),
    ...(groups !== undefined && { groups: groups.split(/[;|]/).filter((group) => group.trim() !== '') }),
  };
}

function secretFaults({ password, passwordHash }: Cells): string[] {
  if (password && passwordHash) return ['both password and passwordHash are given'];
  if (passwordHash && !isAcceptable(passwordHash)) {
    return ['passwordHash isn’t an argon2id hash in PHC format, or its parameters are out of bounds'];
  }
  const fault = password ? passwordFault(password) : undefined;
  return fault === undefined ? [] : [fault];
}

/** Reads one row: what it asks for, and everything that is wrong with it. */
function readRow({ line, cells }: TableRow<Column>): { entry?: Entry; messages: string[] } {
  const messages = secretFaults(cells);
  const parsed = partial.safeParse({ username: cells.username, ...changeOf(cells) });
  if (!parsed.success) return { messages: [...messagesOf(parsed.error), ...messages] };
  const { username, ...change } = parsed.data;
  const { password, passwordHash } = cells;
  const entry = { line, username, change, ...(password && { password }), ...(passwordHash && { passwordHash }) };
  return { entry, messages };
}

/** Reads a CSV file against the people there are, without changing anything. */
export async function planImport(text: string, directory: LocalDirectory, update: boolean): Promise<Plan> {
  const { rows, header, faults } = readTable<Column>(text, COLUMNS, ['username']);
  if (header.length > 0) return { entries: [], faults: header };
  const entries: Entry[] = [];
  const lines = new Map<string, number>();
  for (const row of rows) {
    const { entry, messages } = readRow(row);
    if (entry) {
      const lookup = foldName(entry.username) ?? '';
      const before = lines.get(lookup);
      if (before === undefined) lines.set(lookup, row.line);
      else messages.push(`the user name is the same as in line ${before}`);
      const found = await directory.find(entry.username);
      const key = found?.key;
      messages.push(...unfounded({ email: found?.email, phone: found?.profile?.phone, ...entry.change }));
      const person = { name: entry.username, ...found, ...entry.change, username: entry.username };
      if (entry.password) messages.push(...(await directory.faultsOf(entry.password, person)));
      if (key !== undefined && !update) messages.push('the user name exists already (--update changes it)');
      entries.push({ ...entry, ...(key !== undefined && { key }) });
    }
    faults.push(...messages.map((message) => ({ line: row.line, message })));
  }
  faults.push(...(await findNamesakes(entries, directory)));
  return { entries, faults: faults.sort((a, b) => a.line - b.line) };
}
