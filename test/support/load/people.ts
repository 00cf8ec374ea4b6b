import { hash } from '@node-rs/argon2';
import { PASSWORD } from '../gateway.ts';

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

/** Makes people who have a password and nothing else; what it costs to hash one is paid once. */
export async function people(cluster: Importer, count: number): Promise<Somebody[]> {
  groups += 1;
  const all = Array.from({ length: count }, (_, index) => ({ username: `p${groups}x${index}`, password: PASSWORD }));
  const phc = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const rows = all.map(({ username }) => `${username},Person ${username},"${phc}"`);
  await cluster.command('user import', [], {}, ['username,name,passwordHash', ...rows, ''].join('\n'));
  return all;
}
