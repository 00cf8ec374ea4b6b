import type { LocalizedText } from '../core/account.ts';
import type { OwnSession } from '../core/door.ts';
import type { WebDeps } from './context.ts';

export type ConnectionsNeeds = Pick<WebDeps, 'doors' | 'applications'>;

/** Sessions that doors have of their own of somebody, the newest first, with their applications' names. */
export async function connectionsOf(
  { doors, applications }: ConnectionsNeeds,
  account: string,
): Promise<(Omit<OwnSession, 'application'> & { application: LocalizedText; of: string })[]> {
  const found = await Promise.all(doors.map(async (door) => (await door.ownSessions?.(account)) ?? []));
  const named = found.flat().map(async ({ application, ...session }) => ({
    ...session,
    of: application,
    application: (await applications.find(application))?.name ?? application,
  }));
  return (await Promise.all(named)).sort((a, b) => b.since - a.since);
}
