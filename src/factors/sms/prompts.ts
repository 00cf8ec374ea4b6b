import type { CodePrompt, Message as Text } from '../../core/prompt.ts';
import { masked, written } from './numbers.ts';

const DIGITS = 6;

/** Asks for the number. */
export function askNumber(): CodePrompt {
  return {
    kind: 'code',
    title: { key: 'setup.title' },
    text: { key: 'setup.text' },
    label: { key: 'setup.number' },
    numeric: true,
    length: DIGITS,
    telephone: { key: 'setup.hint' },
  };
}

interface Asked {
  number: string;
  /** When the next may be asked for, epoch milliseconds. */
  after: number;
  /** Why nothing was sent. */
  unsent?: Text;
  /** It can be soon: the page asks by itself. */
  itself?: true;
}

/** Asks for the code. Whoever has just typed a number sees it, anybody else only its end. */
export function askCode({ number, after, unsent, itself }: Asked, enrolling: boolean): CodePrompt {
  const values = { number: enrolling ? written(number) : masked(number) };
  return {
    kind: 'code',
    title: { key: 'title' },
    text: unsent ?? { key: 'text', values },
    label: { key: 'label' },
    numeric: true,
    length: DIGITS,
    resend: { after, label: { key: 'resend' }, ...(itself ? { itself } : {}) },
    ...(enrolling ? { restart: { key: 'setup.restart' } } : {}),
  };
}
