import type { Examine, Finding } from '../../core/finding.ts';
import { type IdentityProvider, load, Snapshot } from '../../saml/index.ts';
import type { Settings } from './settings.ts';

const DAY = 86_400_000;
/** A federation signs anew each day: with less than that left, nobody has for some. */
const SOON = 2 * DAY;

/** Whether the metadata can be had, and for how long it is good; a whole federation over the network takes too long to read. */
export const examine: Examine<Settings> = async (settings, { fetch, now }) => {
  const { metadata } = settings;
  if ('file' in metadata) return ofFile(metadata, settings, now());
  if (!('url' in metadata)) return [];
  const { status, body } = await fetch(metadata.url);
  await body?.cancel();
  const text = `its metadata’s address answers ${status}`;
  return [status === 200 ? { level: 'good', text } : { level: 'fault', text, todo: 'Ask whoever publishes it.' }];
};

async function ofFile(
  { file, certificate }: { file: string; certificate?: string | undefined },
  { entityId, federation }: Settings,
  now: number,
): Promise<Finding[]> {
  const task = { file, now, role: 'idp' as const, ...(certificate !== undefined && { certificate }) };
  const { bytes, count, validUntil } = await load(task);
  if (entityId !== undefined && new Snapshot<IdentityProvider>(bytes, count).find(entityId) === undefined) {
    return [{ level: 'fault', text: `its metadata doesn’t describe ${entityId}`, todo: 'Compare both entityIDs.' }];
  }
  const houses = federation ? `${count} houses` : 'the provider';
  const until = validUntil === undefined ? 'without an end' : `until ${new Date(validUntil).toISOString()}`;
  const text = `its metadata describes ${houses}, ${until}`;
  return [
    validUntil !== undefined && validUntil - now < SOON
      ? { level: 'notice', text, todo: 'Have the file fetched anew: without it nobody signs in from there.' }
      : { level: 'good', text },
  ];
}
