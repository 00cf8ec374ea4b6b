import type { DoorSurroundings } from '../../core/door.ts';
import type { Finding } from '../../core/finding.ts';
import { readSeen, SEEN } from './seen.ts';
import type { RadiusClient } from './settings.ts';
import { overlaps, silent, troublesOf } from './standing.ts';

/** For `sallyport doctor`: what was seen of clients, in whichever process, and addresses of several. */
export async function examine({ applications, records, now }: DoorSurroundings<RadiusClient>): Promise<Finding[]> {
  const seen = records && (await readSeen(records(SEEN)));
  const both = overlaps(applications).map(
    ({ one, other, ranges }): Finding => ({
      level: 'notice',
      text: `${one} and ${other} have addresses in common (${ranges}): a packet is of whichever has the narrower range`,
      todo: 'Give each its own addresses.',
    }),
  );
  if (seen === undefined) return both;
  const mute = silent(applications, seen).map(
    ({ id, settings }): Finding => ({
      level: 'notice',
      text: `nothing has ever come from ${id} (${settings.clients.slice(0, 3).join(', ')})`,
      todo: 'Set its RADIUS server to this one, let it through to the port, and see whether it sends from these addresses.',
    }),
  );
  const told = troublesOf(applications, seen, now()).map(
    ({ application, reason }): Finding => ({ level: 'notice', text: `${application}: ${reason}` }),
  );
  const found = [...both, ...mute, ...told];
  return found.length > 0
    ? found
    : [{ level: 'good', text: `${applications.length} clients, and nothing is odd about them` }];
}
