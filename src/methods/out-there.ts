import type { EvidenceStore } from '../assurance/evidence.ts';
import type { Credential } from '../core/account.ts';
import { directoryOfUpstream } from '../core/said.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

/** How long one who ends it has for that, milliseconds: then whoever comes next does, as where a process was killed. */
const CLAIM = 10_000;

type Needs = Pick<MethodsNeeds, 'audit' | 'ephemeral' | 'sessionsOf' | 'endSome'>;

interface Parts {
  evidence: Pick<EvidenceStore, 'of'>;
  methods: Pick<Methods, 'endResting'>;
}

/**
 * Ends what came by a link of somebody who is out at that house, and has the applications told: the session that is being
 * looked at as well. The link stays, and the account's own way in: they may come to be there again.
 */
export function createOutThere(deps: Needs, { evidence, methods }: Parts) {
  async function restingOn({ account, id }: Credential): Promise<string[]> {
    const all = await deps.sessionsOf(account);
    const proofs = all.map(({ session }) => evidence.of({ session, epoch: Number.MAX_SAFE_INTEGER }, account));
    const rests = (await Promise.all(proofs)).map((of) => of.some(({ credential }) => credential === id));
    return all.flatMap(({ session }, at) => (rests[at] ? [session] : []));
  }

  return async (link: Credential): Promise<void> => {
    const { account, factor, id } = link;
    if (!(await deps.ephemeral.add(`out-there:${id}`, '1', CLAIM))) return;
    await methods.endResting(account, id);
    const resting = await restingOn(link);
    if (resting.length === 0) return;
    const directory = directoryOfUpstream(factor) ?? '';
    await deps.audit.commit({ event: 'logout.upstream', account, directory, sessions: resting.length, reason: 'out' });
    await deps.endSome(account, resting);
  };
}
