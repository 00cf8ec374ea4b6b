import type { PromptKind } from '../../core/prompt.ts';
import { datesOf, factorsAt } from '../../policy/index.ts';
import { rulesOf } from './calendars.ts';
import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';
import { isTree, valueAt } from './tree.ts';

/** Moments that one rule is asked about: whoever writes more borders isn't answered for the far ones. */
const MOST = 50;

/**
 * A rule that names an application, and for it only what can't be asked there, by the door that it comes by: nobody
 * could sign in. Of each period of a calendar.
 */
export function askableFaults({ tree, parsed: { policy, timeZone, factors }, modules }: Subject): Fault[] {
  const rules = rulesOf(policy?.rules ?? [], timeZone);
  const lacking = (id: string, presents: readonly PromptKind[]): string | undefined => {
    const module = modules.factors.get(id);
    const settings = factors?.[id];
    // What isn't there, or has a fault of its own, is complained of elsewhere.
    if (module === undefined || settings === undefined) return undefined;
    const can = [module.prompts, module.otherwise].some((kinds) => kinds?.every((kind) => presents.includes(kind)));
    if (!can) return `what ${id} asks by can’t be presented there`;
    const missing = module.lacks?.(settings, presents);
    return missing === undefined ? undefined : `factors.${id}.${missing} is missing`;
  };

  return rules.flatMap((rule, index) => {
    if (rule.deny || rule.level === 'sfa') return [];
    const sets = [Number.NEGATIVE_INFINITY, ...datesOf([rule], Number.NEGATIVE_INFINITY).slice(0, MOST)]
      .map((at) => factorsAt(rule, at) ?? [])
      .filter((set) => set.length > 0);
    return (rule.applications ?? []).flatMap((application) => {
      const door = doorOf(valueAt(tree, ['applications', application]), modules);
      const found = sets.flatMap((set) => {
        const why = door ? set.map((id) => lacking(id, door.prompts)) : [];
        return why.length > 0 && why.every((one) => one !== undefined) ? [{ set, why: why.join(', and ') }] : [];
      });
      const [first] = found;
      if (first === undefined) return [];
      const named = first.set.join(', ');
      const message = `${application} comes by ${door?.id}, where ${named} can’t be asked: ${first.why}`;
      return [{ path: ['policy', 'rules', index, 'factors'], message }];
    });
  });
}

function doorOf(application: unknown, { doors }: Subject['modules']) {
  if (!isTree(application)) return undefined;
  return [...doors.values()].find(({ id }) => Object.hasOwn(application, id));
}
