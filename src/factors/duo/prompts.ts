import type { CodePrompt, Message, NumberPrompt, RedirectPrompt, WaitPrompt } from '../../core/prompt.ts';

const title: Message = { key: 'title' };
const code = { summary: { key: 'code.summary' }, text: { key: 'code.text' }, label: { key: 'code.label' } };

/** To Duo's own page. */
export function askToLeave(): RedirectPrompt {
  return { kind: 'redirect', title, text: { key: 'leave.text' }, name: 'Duo', action: { key: 'leave.action' } };
}

/** A push whose number has to be typed on the phone. */
export function askNumber(number: string, push: { key: string; expires: number }): NumberPrompt {
  const { key: waits, expires } = push;
  const resend = { after: expires, label: { key: 'resend' } };
  return { kind: 'number', title, text: { key: 'number.text' }, number, expires, waits, resend, code };
}

/** A push that is approved by a touch. */
export function askPlain({ key: waits, expires }: { key: string; expires: number }): WaitPrompt {
  const resend = { after: expires, label: { key: 'resend' } };
  return { kind: 'wait', title, text: { key: 'plain.text' }, expires, waits, resend, code };
}

/** A passcode, and why nothing else. */
export function askCode(why: Message = { key: 'code.text' }): CodePrompt {
  return { kind: 'code', title, text: why, label: { key: 'code.label' }, numeric: false };
}
