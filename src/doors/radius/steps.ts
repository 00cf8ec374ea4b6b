import type { JourneyStep } from '../../core/journey.ts';
import type { Answer, PromptKind } from '../../core/prompt.ts';
import { MICROSOFT, TYPE } from './codec/numbers.ts';
import { valueIn, valuesIn, vendorOf } from './codec/packet.ts';
import type { Asked } from './request.ts';
import type { Round } from './rounds.ts';
import type { RadiusClient } from './settings.ts';

/** Text that is a code, and not a word that says "done". */
const isCode = (typed: string): boolean => /\d{4}/.test(typed);

/** What a client's people can be shown: a number needs a challenge. */
export function presentsAt({ settings: { challenge } }: RadiusClient): PromptKind[] {
  return ['secret', 'code', ...(challenge ? (['number', 'wait'] as const) : [])];
}

/** Nothing is asked any more, and nothing can be asked for: somebody said on the phone that it wasn't them. */
export const isOver = ({ prompt }: Extract<JourneyStep, { kind: 'prompt' }>): boolean =>
  prompt.kind === 'wait' && prompt.waits === undefined && prompt.resend === undefined && prompt.code === undefined;

/** What would be needed to look at the password: EAP has none, and CHAP and its kin only a digest of it. */
export function otherThanPap({ packet }: Asked): 'eap' | 'chap' | 'ms-chap' | undefined {
  if (valueIn(packet, TYPE.eapMessage)) return 'eap';
  if (valueIn(packet, TYPE.userPassword)) return undefined;
  if (valueIn(packet, TYPE.chapPassword)) return 'chap';
  return valuesIn(packet, TYPE.vendorSpecific).some((it) => vendorOf(it) === MICROSOFT) ? 'ms-chap' : undefined;
}

/** Which factor is asked for name and password first. */
export function openingIn(step: JourneyStep): string | undefined {
  if (step.kind !== 'prompt') return undefined;
  return [step, ...step.also].find(({ prompt }) => prompt.kind === 'secret')?.factor;
}

/** How the answer to a step will be read. */
export function asking(step: JourneyStep): Pick<Round, 'asks' | 'code' | 'resend'> {
  if (step.kind !== 'prompt') return { asks: 'choice', code: false, resend: false };
  const { prompt } = step;
  if (prompt.kind === 'number' || prompt.kind === 'wait') {
    const asks = prompt.waits === undefined ? 'again' : 'elsewhere';
    return { asks, code: prompt.code !== undefined, resend: prompt.resend !== undefined };
  }
  return { asks: 'code', code: true, resend: prompt.kind === 'code' && prompt.resend !== undefined };
}

/** What was typed as an answer to that round; undefined: it is looked whether another channel has one. */
export function answerIn({ asks, code, resend, methods }: Round, typed: string): Answer | undefined {
  const said = typed.trim();
  const method = /^[1-9]$/.test(said) ? methods[Number(said) - 1] : undefined;
  if (method !== undefined) return { method };
  if (said === '0' && resend) return { resend: '1' };
  if (asks === 'code') return { code: said };
  if (code && isCode(said)) return { code: said };
  return asks === 'again' && resend ? { resend: '1' } : undefined;
}
