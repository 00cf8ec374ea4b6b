/** Everybody's, in tests. */
export const PASSWORD = 'correct horse battery staple';
/** argon2id of it as the gateway makes it by default: computed once, here. */
export const HASHED =
  '$argon2id$v=19$m=19456,t=2,p=1$4xKC+aiIDwj5WxRv5YbDKw$3/ieYXDA8XAzo2yPRkFdjs2L7HAFjM09Mh1K1Navl2Y';

export interface NewUser {
  name?: string;
  /** Separated by commas. */
  groups?: string;
  email?: string;
  password?: string;
}

type Command = (name: string, args: string[], options: Record<string, string>, stdin: string) => Promise<unknown>;

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** Adds somebody; with the password that all have no time is spent on hashing it. */
export async function addUser(
  command: Command,
  username: string,
  { name = username, groups = '', email = '', password = PASSWORD }: NewUser = {},
): Promise<void> {
  if (password !== PASSWORD) {
    await command('user add', [username], { name, groups, ...(email && { email }) }, password);
    return;
  }
  const cells = { username, name, email, groups: groups.replaceAll(',', ';'), passwordHash: HASHED };
  const rows = [Object.keys(cells).join(','), Object.values(cells).map(quoted).join(',')];
  await command('user import', [], {}, `${rows.join('\n')}\n`);
}
