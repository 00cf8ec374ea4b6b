import type { PromptKind } from '../../../core/prompt.ts';

/** What an application can show whom it has asked: the number that their phone takes, or that they have to wait. */
export const PRESENTS: readonly PromptKind[] = ['number', 'wait'];
