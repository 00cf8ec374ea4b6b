import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { PromptKind } from '../core/prompt.ts';

/** Whether all that a factor asks by can be presented. */
export const isPresentable = ({ module }: EnabledFactor, presents: readonly PromptKind[] | undefined): boolean =>
  presents === undefined || module.prompts.every((kind) => presents.includes(kind));
