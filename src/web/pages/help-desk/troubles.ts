import type { WebDeps } from '../../context.ts';
import type { DeskTrouble } from '../../help-desk-models.ts';

export type TroublesNeeds = Pick<WebDeps, 'troubles' | 'applications'>;

/** Applications that don't work for anybody, or soon won't: under their names, the worst first. */
export async function deskTroubles(deps: TroublesNeeds): Promise<DeskTrouble[]> {
  const found = (await deps.troubles()).map((trouble) => ({
    ...trouble,
    application: deps.applications.get(trouble.application)?.name ?? trouble.application,
  }));
  return found.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

const ORDER: readonly DeskTrouble['state'][] = ['unavailable', 'stale', 'ending', 'incomplete'];
