import { z } from 'zod';
import type { DoorModule } from '../../core/door.ts';
import { duration, id, localized, webAddress } from './fields.ts';

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

const affixes = z.array(z.string().min(1).max(253)).min(1).max(20).optional();

/** What the gateway asks of any directory, beside its own settings. */
const routes = {
  realms: affixes.describe('Names with one of these behind the last @ are looked up here, and nowhere else'),
  domains: affixes.describe('Names with one of these before a backslash are looked up here, and nowhere else'),
  mailDomains: affixes.describe('Whoever types an address of one of these domains is from here'),
  networks: z.array(id).min(1).max(50).optional().describe('Whoever comes from one of these networks is from here'),
  watch: z
    .strictObject({
      every: duration('10s', '1h').prefault('1m').describe('How often it is asked who has changed'),
      complete: duration('1m', '24h')
        .prefault('15m')
        .describe('How often everybody is looked at: only so it is seen that somebody is there no more'),
      most: z
        .int()
        .min(1)
        .max(100)
        .default(10)
        .describe('Per cent of its people that may leave within a day; more, and somebody is asked first'),
    })
    .prefault({})
    .describe('Who may not sign in any more loses sessions, tokens and remembered devices without doing anything'),
};

/**
 * Directories by name, in the order in which they are asked. One that is named after its kind needs no `type`; of one
 * kind there can be several.
 */
export function directoriesOf(modules: Found<Plugin>) {
  const ids = [...modules.keys()].join(', ') || 'none is installed';
  const own = [...modules.values()].map((module) => {
    const settings = objectOf(module).safeExtend(routes);
    return [module.id, settings.safeExtend({ type: z.literal(module.id).optional() }).optional()] as const;
  });
  const [first, ...rest] = [...modules.values()].map((module) =>
    objectOf(module).safeExtend({ ...routes, type: z.literal(module.id) }),
  );
  const error = `must be one of: ${ids}`;
  const named = first ? z.discriminatedUnion('type', [first, ...rest], { error }) : z.never({ error });
  return z
    .object(Object.fromEntries(own))
    .catchall(named)
    .superRefine((listed, { addIssue }) => {
      if (Object.keys(listed).length === 0) {
        addIssue({ code: 'custom', message: `is empty: list at least one of: ${ids}` });
      }
      for (const name of Object.keys(listed)) {
        const result = id.safeParse(name);
        if (result.success) continue;
        const message = result.error.issues.map((issue) => issue.message).join('; ');
        addIssue({ code: 'custom', path: [name], message });
      }
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
  throw new TypeError(`${module.id}: its settings must be a zod object`);
}

/** Whether a store keeps a file of its own, which then belongs to one process. */
export function keepsFile(module: Plugin | undefined): boolean {
  const settings = module && bare(module.settings);
  return settings instanceof z.ZodObject && settings.shape.file !== undefined;
}

/** Of directories whose people sign in elsewhere. */
const providers = z
  .array(
    z.union([
      id.transform((directory) => ({ directory })),
      z.strictObject({
        directory: id,
        houses: z
          .array(z.string().min(1).max(1_024))
          .min(1)
          .max(1_000)
          .describe('Of a federation’s, by their entityIDs'),
      }),
    ]),
  )
  .max(50)
  .describe('Directories whose houses its people may choose from, in this order; by default all');

/** Applications by id; each has its settings under the id of the one door that it uses. */
export function applicationsOf(doors: Found<Pick<DoorModule, 'application'>>) {
  const settings = Object.fromEntries([...doors].map(([key, door]) => [key, bare(door.application).optional()]));
  const application = z.strictObject({
    name: localized,
    description: localized.optional().describe('Shown in the list of applications'),
    category: localized.optional().describe('Applications of one category stand together in that list'),
    homepage: webAddress.optional(),
    icon: z.string().min(1).optional().describe('Its picture: a file, or a web address that the gateway fetches'),
    consent: z
      .enum(['institution', 'ask'])
      .default('institution')
      .describe('ask: people are asked before data about them is released'),
    providers: providers.optional(),
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
