import { z } from 'zod';
import { SallyportError } from '../../core/errors.ts';
import type { Archive, Entry } from './tar.ts';

export const MANIFEST = 'manifest.json';
/** Far more than one has. */
const MANIFEST_MOST = 64 * 1024;

const part = z.strictObject({
  /** Of the file in the archive. */
  name: z.enum(['durable.db', 'ephemeral.db']),
  /** Of the store. */
  type: z.string(),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifest = z.strictObject({
  format: z.literal(1, { error: 'is of a newer program' }),
  program: z.string(),
  made: z.iso.datetime(),
  issuer: z.string(),
  /** Id of the key that sealed what is sealed in it. */
  sealingKey: z.string(),
  parts: z.array(part).min(1),
});

export type Part = z.infer<typeof part>;
export type Manifest = z.infer<typeof manifest>;

/** @throws SallyportError ERR_INPUT where the archive is no backup, or not as its manifest says */
export function manifestOf(archive: Archive): { manifest: Manifest; files: ReadonlyMap<Part['name'], Entry> } {
  const [first, ...rest] = archive.entries;
  if (first?.name !== MANIFEST || first.size > MANIFEST_MOST) throw noBackup('its first file must be the manifest');
  const parsed = manifest.safeParse(json(archive.text(first)));
  if (!parsed.success) throw noBackup(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const files = new Map<Part['name'], Entry>();
  for (const { name, bytes } of parsed.data.parts) {
    const [entry, ...others] = rest.filter((it) => it.name === name);
    if (entry?.size !== bytes || others.length > 0 || files.has(name))
      throw noBackup(`${name} isn't as the manifest says`);
    files.set(name, entry);
  }
  return { manifest: parsed.data, files };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const noBackup = (why: string) => new SallyportError('ERR_INPUT', `this is no backup that can be restored: ${why}`);
