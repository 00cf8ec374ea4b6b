import type { WebDeps } from '../../context.ts';
import type { DeskDirectoryTrouble, DeskTrouble } from '../../help-desk-models.ts';

export type TroublesNeeds = Pick<WebDeps, 'troubles' | 'applications'>;
export type DirectoriesNeeds = Pick<WebDeps, 'directoryTroubles'>;

/** Applications that don't work for anybody, or soon won't: under their names, the worst first. */
export async function deskTroubles(deps: TroublesNeeds): Promise<DeskTrouble[]> {
  const found = (await deps.troubles()).map((trouble) => ({
    ...trouble,
    application: deps.applications.get(trouble.application)?.name ?? trouble.application,
  }));
  return found.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

/**
 * Directories that ask, or can't be asked. Without the reason, which is for operators. None where the store can't say:
 * that is told elsewhere, and people are to be helped all the same.
 */
export async function deskDirectories({ directoryTroubles }: DirectoriesNeeds): Promise<DeskDirectoryTrouble[]> {
  const found = await directoryTroubles().catch(() => []);
  return found.map(({ reason: _, ...trouble }) => trouble);
}

const ORDER: readonly DeskTrouble['state'][] = ['unavailable', 'stale', 'ending', 'incomplete'];
