import { z } from 'zod';
import type { DoorModule } from '../../core/door.ts';
import { id, localized, webAddress } from './fields.ts';

interface Plugin {
  readonly id: string;
  readonly settings: z.ZodType;
}

type Found<T> = ReadonlyMap<string, T>;

/** One optional key per plug-in found: only those that are listed are enabled. */
export function anyOf(modules: Found<Plugin>) {
  return z.strictObject(
    Object.fromEntries([...modules].map(([key, module]) => [key, bare(module.settings).optional()])),
  );
}

/** Likewise, and there must be one. */
export function optionsOf(modules: Found<Plugin>) {
  const ids = [...modules.keys()].join(', ') || 'none is installed';
  return anyOf(modules).refine((listed) => Object.keys(listed).length > 0, {
    error: `is empty: list at least one of: ${ids}`,
  });
}

/** A store's own settings beside its `type`, one branch per store found. */
export function storeOf(modules: Found<Plugin>) {
  const branches = [...modules.values()].map(branch);
  const [first, ...rest] = branches;
  if (first === undefined) return z.never({ error: 'no store of this kind is installed' });
  return z.discriminatedUnion('type', [first, ...rest], { error: `must be one of: ${[...modules.keys()].join(', ')}` });
}

function branch(module: Plugin): z.ZodObject<{ type: z.ZodLiteral<string> }> {
  const settings = objectOf(module);
  const type = z.literal(module.id);
  if (settings.shape.file === undefined) return settings.safeExtend({ type });
  const file = z
    .string()
    .min(1)
    .optional()
    .describe('File that keeps it, relative to this file; by default in the data folder');
  return settings.safeExtend({ type, file });
}

function objectOf(module: Plugin): z.ZodObject {
  const settings = bare(module.settings);
  if (settings instanceof z.ZodObject) return settings;
  throw new TypeError(`store ${module.id}: its settings must be a zod object`);
}

/** Whether a store keeps a file of its own, which then belongs to one process. */
export function keepsFile(module: Plugin | undefined): boolean {
  const settings = module && bare(module.settings);
  return settings instanceof z.ZodObject && settings.shape.file !== undefined;
}

/** Applications by id; each has its settings under the id of the one door that it uses. */
export function applicationsOf(doors: Found<Pick<DoorModule, 'application'>>) {
  const settings = Object.fromEntries([...doors].map(([key, door]) => [key, bare(door.application).optional()]));
  const application = z.strictObject({
    name: localized,
    description: localized.optional().describe('Shown in the list of applications'),
    homepage: webAddress.optional(),
    consent: z
      .enum(['institution', 'ask'])
      .default('institution')
      .describe('ask: people are asked before data about them is released'),
    ...settings,
  });
  return z.record(id, application).default({});
}

/** Without a default for the whole: an absent plug-in must stay absent. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return bare(schema.unwrap() as z.ZodType);
  }
  return schema;
}
