import { HASHED, PASSWORD } from '../newcomer.ts';

export interface Somebody {
  username: string;
  password: string;
}

/** What takes the command that imports people. */
interface Importer {
  command(name: string, args?: string[], options?: Record<string, string | boolean>, stdin?: string): Promise<string[]>;
}

/** All of them come from one address, and some of them guess. */
export const ONE_ADDRESS = { lockout: { perAddress: { failures: 100_000 } } };

let groups = 0;

/** Makes people who have a password and nothing else. */
export async function people(cluster: Importer, count: number): Promise<Somebody[]> {
  groups += 1;
  const all = Array.from({ length: count }, (_, index) => ({ username: `p${groups}x${index}`, password: PASSWORD }));
  const rows = all.map(({ username }) => `${username},Person ${username},"${HASHED}"`);
  await cluster.command('user import', [], {}, ['username,name,passwordHash', ...rows, ''].join('\n'));
  return all;
}
