import type { LocalizedText } from '../../../core/account.ts';
import type { WebDeps } from '../../context.ts';

/** For how long a sign-out that didn't reach an application is told of, milliseconds: sessions there end too. */
const TOLD_FOR = 7 * 86_400_000;
/** Entries looked at. */
const FOUND = 50;

export type UnreachedNeeds = Pick<WebDeps, 'durable' | 'applications' | 'now'>;

/** Applications that couldn't be told that their person has signed out, and for which nobody was asked to sign in since. */
export async function unreachedOf(
  { durable, applications, now }: UnreachedNeeds,
  account: string,
): Promise<{ application: LocalizedText; at: number }[]> {
  const events = ['logout.unreached', 'sign-in.completed'];
  const entries = await durable.audit.ofAccount(account, { limit: FOUND, events });
  const settled = new Set<string>();
  const left: { application: LocalizedText; at: number }[] = [];
  for (const { event, application, at } of entries) {
    if (application === undefined || settled.has(application) || now() - at > TOLD_FOR) continue;
    settled.add(application);
    if (event !== 'logout.unreached') continue;
    left.push({ application: (await applications.find(application))?.name ?? application, at });
  }
  return left;
}
