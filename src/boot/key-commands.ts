import { X509Certificate } from 'node:crypto';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import { parseDuration } from '../core/duration.ts';
import { hasCode, SallyportError } from '../core/errors.ts';
import type { Change } from './keyring/changes.ts';
import { type Keyrings, type Listed, POLL } from './keyring.ts';

const COLUMNS = ['purpose', 'id', 'algorithm', 'state', 'created', 'signs from', 'certificate (SHA-256)'];
const time = (at: number): string => new Date(at).toISOString();

function stateOf(standing: Listed): string {
  if (standing.state === 'kept') return `kept until ${time(standing.until)}`;
  return standing.state === 'retired' ? `retired ${time(standing.at)}` : standing.state;
}

function row(standing: Listed): string {
  const { key, certificate } = standing;
  const print = certificate === undefined ? '' : new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint256;
  const { purpose, id, algorithm, createdAt, activeFrom } = key;
  return [purpose, id, algorithm, stateOf(standing), time(createdAt), time(activeFrom), print].join('\t');
}

/** Lists the signing keys. */
export async function list(keyrings: Keyrings): Promise<CommandResult> {
  return { lines: [COLUMNS.join('\t'), ...(await keyrings.list()).map(row)], exitCode: 0 };
}

/** Publishes the next signing key, which takes over later. */
export async function rotate(
  keyrings: Keyrings,
  { args: [purpose = ''], options: { algorithm, ahead } }: CommandInput,
): Promise<CommandResult> {
  const milliseconds = typeof ahead === 'string' ? parseDuration(ahead) : undefined;
  if (typeof ahead === 'string' && milliseconds === undefined) {
    throw new SallyportError('ERR_INPUT', `--ahead ${ahead}: write a duration as 24h or 30d, or 0s`);
  }
  return orRefused(async () => {
    const changes = await keyrings.rotate(purpose, {
      ...(typeof algorithm === 'string' ? { algorithm } : {}),
      ...(milliseconds === undefined ? {} : { ahead: milliseconds }),
    });
    return changes.flatMap((change) => [...added(change), ...hasty(change)]);
  });
}

function added({ key, keeps }: Change): string[] {
  return [
    `${key.purpose} ${key.algorithm}: ${key.id} is published now and signs from ${time(key.activeFrom)}`,
    `  the present key stays published until ${time(key.activeFrom + keeps)}`,
  ];
}

/** Whoever hasn't fetched the new key yet refuses what it signs. */
function hasty({ key, ahead }: Change): string[] {
  if (key.activeFrom - key.createdAt >= ahead) return [];
  return [
    `  WARNING: that is sooner than the usual ${ahead / 3_600_000} h: until applications fetch the new key, they refuse what it signs`,
  ];
}

/** Takes a key out at once. */
export async function retire(keyrings: Keyrings, { args: [id = ''] }: CommandInput): Promise<CommandResult> {
  return orRefused(async () => (await keyrings.retire(id)).flatMap(taken));
}

function taken({ kind, key }: Change): string[] {
  const name = `${key.purpose} ${key.algorithm}: ${key.id}`;
  if (kind !== 'retired') return [`${name} signs from now on`];
  return [
    `${name} signs nothing any more and is no longer published; other nodes follow within ${POLL / 1000} s`,
    '  Whoever has fetched it goes on trusting it until they fetch anew: tell them, if somebody else has the key.',
  ];
}

/** What the state of the keys forbids is the command's own "no". */
async function orRefused(work: () => Promise<string[]>): Promise<CommandResult> {
  try {
    return { lines: await work(), exitCode: 0 };
  } catch (error) {
    if (
      !(error instanceof SallyportError) ||
      !(hasCode(error, 'ERR_INPUT') || hasCode(error, 'ERR_VERSION_CONFLICT'))
    ) {
      throw error;
    }
    return { lines: [error.message], exitCode: 1 };
  }
}
