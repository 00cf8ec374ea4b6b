import { z } from 'zod';
import { RIGHTS } from '../../help-desk/scope.ts';
import type { Subject } from './checks.ts';
import type { Fault } from './faults.ts';
import { duration, id, localized } from './fields.ts';
import { isTree, type Path, valueAt } from './tree.ts';

/** An empty list would stand for everybody, or for nobody: neither is what its writer means. */
const groups = z.array(z.string().min(1)).min(1, { error: 'is empty: name at least one group' });

const over = z.strictObject({
  groups: groups.describe('People in any of these groups'),
  notGroups: groups.optional().describe('But nobody in any of these'),
});

const agent = z.strictObject({
  name: z.string().min(1).describe('Said in the audit; unique'),
  groups: groups.describe('Who they are: people in any of these groups'),
  over: over.describe('Whom they may act on'),
  may: z
    .array(z.enum(RIGHTS))
    .min(1, { error: `is empty: name at least one of ${RIGHTS.join(', ')}` })
    .describe('What they may do'),
});

export const helpDesk = z
  .strictObject({
    agents: z.array(agent).min(1, { error: 'is empty: name the agents, or leave helpDesk out' }),
    checklist: z
      .array(localized)
      .min(1, { error: 'is empty: nobody’s identity would be checked' })
      .max(20)
      .describe('How an agent makes sure who asks; every item is ticked before anything is done'),
    overEquals: z
      .boolean()
      .default(false)
      .describe('Whether agents may act on agents whose rights are the same as theirs'),
  })
  .optional()
  .describe('Who may help people who have lost a method, at /helpdesk. Absent: there is no help desk');

const client = z.strictObject({
  name: id.describe('Said in the audit; unique'),
  secret: z
    .string()
    .min(32, { error: 'must be at least 32 characters: openssl rand 32 | basenc --base64url' })
    .describe('What it shows as a bearer token; from a file'),
  over: over.describe('Whom it may act on'),
  may: z
    .array(z.enum(['issue', 'unlock']))
    .min(1, { error: 'is empty: name at least one of issue, unlock' })
    .describe('What it may do'),
});

export const api = z
  .strictObject({
    clients: z.array(client).default([]).describe('Programs that may call it'),
    budget: z
      .strictObject({
        calls: z.int().min(1).max(100_000).default(60).describe('Calls of one client'),
        per: duration('1s', '1d').prefault('1m').describe('In how long'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('For programs of the institution’s own: docs/reference/api.md');

/** What a schema of each section alone can't see. */
export function helpDeskFaults(subject: Subject): Fault[] {
  return [...agentFaults(subject), ...clientFaults(subject), ...resistance(subject)];
}

function agentFaults({ tree, parsed: { defaultLocale } }: Subject): Fault[] {
  const items = listAt(valueAt(tree, ['helpDesk', 'checklist']));
  const untold = items.flatMap((text, at): Fault[] => {
    if (defaultLocale === undefined || !isTree(text) || Object.hasOwn(text, defaultLocale)) return [];
    const message = `lacks the text for ${defaultLocale}, the defaultLocale`;
    return [{ path: ['helpDesk', 'checklist', at], message }];
  });
  return [...repeated(valueAt(tree, ['helpDesk', 'agents']), ['helpDesk', 'agents'], 'name'), ...untold];
}

/** Two with one secret couldn't be told apart, in scope or in the audit. */
function clientFaults({ tree }: Subject): Fault[] {
  const clients = valueAt(tree, ['api', 'clients']);
  return [...repeated(clients, ['api', 'clients'], 'name'), ...repeated(clients, ['api', 'clients'], 'secret')];
}

function repeated(list: unknown, path: Path, key: string): Fault[] {
  const values = listAt(list).map((one) => (isTree(one) && typeof one[key] === 'string' ? one[key] : undefined));
  return values.flatMap((value, at): Fault[] => {
    const first = values.indexOf(value);
    if (value === undefined || first === at) return [];
    return [{ path: [...path, at, key], message: `is the same as of ${path.join('.')}[${first}]: choose another` }];
  });
}

/** Nobody could ever open it. */
function resistance({ tree, modules }: Subject): Fault[] {
  if (!isTree(tree.helpDesk) || !isTree(tree.factors)) return [];
  const able = [...modules.factors.values()].filter(({ strength }) => strength?.phishingResistant).map(({ id }) => id);
  if (able.some((one) => Object.hasOwn(tree.factors as object, one))) return [];
  const message = `is opened by a factor alone that resists phishing: add one of ${able.map((one) => `factors.${one}`).join(', ')}`;
  return [{ path: ['helpDesk'], message }];
}

function listAt(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
