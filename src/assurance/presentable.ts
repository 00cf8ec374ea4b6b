import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { PromptKind } from '../core/prompt.ts';

/** Whether all that a factor asks by can be presented, or all by which it asks otherwise. */
export function isPresentable({ module }: EnabledFactor, presents: readonly PromptKind[] | undefined): boolean {
  if (presents === undefined) return true;
  return [module.prompts, module.otherwise].some((kinds) => kinds?.every((kind) => presents.includes(kind)));
}
