import type { AuditPort } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { DurableStore, StoredKey } from '../../core/store.ts';
import { addKey } from './additions.ts';
import { type KeyTools, makeKey } from './key.ts';
import type { Ring } from './ring.ts';
import type { Standing } from './standing.ts';

interface ChangeDeps extends KeyTools {
  durable: Pick<DurableStore, 'keys' | 'state'>;
  now(): number;
  audit: AuditPort;
}

/** What a command did to a key. Times are epoch milliseconds. */
export interface Change {
  kind: 'added' | 'retired' | 'activated';
  key: StoredKey;
  purpose: string;
  algorithm: string;
  /** How long that purpose publishes ahead, and keeps. */
  ahead: number;
  keeps: number;
}

/** Shortest beginning of an id that names a key. */
const SHORTEST = 8;

const changeOf = (kind: Change['kind'], key: StoredKey, { options: { ahead, keeps } }: Ring): Change => ({
  kind,
  key,
  purpose: key.purpose,
  algorithm: key.algorithm,
  ahead,
  keeps,
});

/**
 * Adds the next key of a purpose, which signs once `ahead` has passed.
 *
 * @throws SallyportError ERR_INPUT if there is no such purpose or algorithm, or a next key waits already;
 *   ERR_VERSION_CONFLICT if another node did so in this moment
 */
export async function rotateKeys(
  deps: ChangeDeps,
  rings: readonly Ring[],
  purpose: string,
  wish: { algorithm?: string; ahead?: number },
): Promise<Change[]> {
  const ring = rings.find((it) => it.purpose === purpose);
  if (ring === undefined)
    throw refusal(`nothing enabled signs as ${purpose}; ${choices(rings.map((it) => it.purpose))}`);
  const { algorithms, certificate, ahead } = ring.options;
  const chosen = algorithms.filter((algorithm) => (wish.algorithm ?? algorithm) === algorithm);
  if (chosen.length === 0) throw refusal(`${purpose} has no keys for ${wish.algorithm}; ${choices(algorithms)}`);
  const waiting = ring
    .standings()
    .find(({ key, state }) => state === 'next' && chosen.some((it) => it === key.algorithm));
  if (waiting) throw pending(waiting.key);

  const changes: Change[] = [];
  for (const algorithm of chosen) {
    const createdAt = deps.now();
    // Later than the present one's even on the same millisecond, or the ids would decide which of them signs.
    const latest = signingOf(ring, algorithm)?.activeFrom ?? 0;
    const activeFrom = Math.max(createdAt + (wish.ahead ?? ahead), latest + 1);
    const added = await addKey(deps.durable, {
      purpose,
      algorithm,
      wanted: (present) => present.every((key) => key.retiredAt !== undefined || key.activeFrom <= createdAt),
      make: () => makeKey({ purpose, algorithm, certificate, createdAt, activeFrom }, deps),
    });
    if (added === 'unwanted' || added === 'overtaken') {
      throw new SallyportError('ERR_VERSION_CONFLICT', `${purpose} ${algorithm} was rotated by another node just now`);
    }
    await deps.audit.commit({ event: 'keys.rotated', by: 'cli', purpose, algorithm, key: added.id, activeFrom });
    changes.push(changeOf('added', added, ring));
  }
  return changes;
}

/**
 * Takes a key out at once, whatever it has signed. The one that signs makes room for the next.
 *
 * @throws SallyportError ERR_INPUT if no key, or more than one, begins so, or it signs and no next one waits
 */
export async function retireKey(deps: ChangeDeps, rings: readonly Ring[], id: string): Promise<Change[]> {
  const { ring, standing } = find(rings, id);
  const { key, state } = standing;
  if (state === 'retired') throw refusal(`${key.id} is retired already`);
  const changes: Change[] = [];
  if (state === 'signing') {
    const next = ring.standings().find((it) => it.state === 'next' && it.key.algorithm === key.algorithm)?.key;
    if (next === undefined) {
      throw refusal(
        `${key.id} is the only key that can sign: add the next one first, sallyport keys rotate ${key.purpose} --algorithm ${key.algorithm}`,
      );
    }
    // First, so that at no moment there is none to sign with.
    await deps.durable.keys.activate(next.id, Math.max(deps.now(), key.activeFrom + 1));
    changes.push(changeOf('activated', next, ring));
  }
  const { purpose, algorithm } = key;
  await deps.durable.keys.retire(key.id, deps.now());
  await deps.audit.commit({ event: 'keys.retired', by: 'cli', purpose, algorithm, key: key.id, was: state });
  return [changeOf('retired', key, ring), ...changes];
}

function find(rings: readonly Ring[], id: string): { ring: Ring; standing: Standing } {
  const found = rings.flatMap((ring) =>
    ring
      .standings()
      .filter(({ key }) => key.id === id || (id.length >= SHORTEST && key.id.startsWith(id)))
      .map((standing) => ({ ring, standing })),
  );
  const [only, another] = found;
  if (only === undefined) throw refusal(`there is no key ${JSON.stringify(id)}: see sallyport keys list`);
  if (another) throw refusal(`more than one key begins with ${id}`);
  return only;
}

function signingOf(ring: Ring, algorithm: string): StoredKey | undefined {
  return ring.standings().find(({ key, state }) => state === 'signing' && key.algorithm === algorithm)?.key;
}

const refusal = (message: string): SallyportError => new SallyportError('ERR_INPUT', message);
const choices = (values: readonly string[]): string => `choose from ${values.join(', ')}`;
const pending = ({ id, purpose, algorithm, activeFrom }: StoredKey): SallyportError =>
  refusal(
    `the next key of ${purpose} ${algorithm} waits already: ${id} signs from ${new Date(activeFrom).toISOString()}`,
  );
