import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';
import { isTree, type Path, valueAt } from './tree.ts';

/** What a schema of each section alone can't see. */
export function helpDeskFaults(subject: Subject): Fault[] {
  return [...agentFaults(subject), ...clientFaults(subject), ...departmentFaults(subject), ...resistance(subject)];
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

/** A list of one name could be taken for the other's. */
function departmentFaults({ tree }: Subject): Fault[] {
  return repeated(valueAt(tree, ['departments']), ['departments'], 'name');
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
