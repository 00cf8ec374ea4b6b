import type { Credentials } from '../accounts/credentials.ts';
import type { Credential } from '../core/account.ts';
import type { Reported } from '../core/reported.ts';
import { PATIENCE } from '../sign-in/states.ts';
import type { ReportsNeeds } from './needs.ts';

const ADDED = ['credential.added', 'credential.issued'];

/** Entries that are looked through: nobody adds more methods in the time of one sign-in. */
const MOST = 100;

/**
 * Methods and passes of an account that may be somebody else's, if a completed sign-in was: those added since, and
 * those added by the same browser while that sign-in was under way.
 */
export async function suspectsOf(
  { durable }: Pick<ReportsNeeds, 'durable'>,
  credentials: Credentials,
  account: string,
  { at, ip, userAgent }: Reported,
): Promise<Credential[]> {
  const recent = (await credentials.ofAccount(account)).filter(
    ({ createdAt, suspendedAt }) => createdAt >= at - PATIENCE && suspendedAt === undefined,
  );
  if (recent.length === 0) return [];
  const added = await durable.audit.ofAccount(account, { limit: MOST, events: ADDED });
  const byThem = added.filter(({ detail }) => detail.ip === ip && detail.userAgent === userAgent);
  const theirs = new Set(byThem.map(({ detail }) => detail.credential));
  return recent.filter(({ id, createdAt }) => createdAt >= at || theirs.has(id));
}
