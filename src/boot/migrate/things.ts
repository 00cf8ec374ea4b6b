import type { Movable } from '../../core/factor-powers.ts';

/** What an export says of somebody, in one of its lines. */
export interface Moving {
  line: number;
  /** By what they are looked for here. */
  login: string;
  /** Whose name that is where the export has several kinds of people: another realm's is somebody else. */
  realm?: string;
  things: readonly Movable[];
  /** What can't come over whatever is done, each with why. */
  left: readonly { what: string; why: string }[];
}

/** A line that can't be read; nothing of it is shown, for it may hold a secret. */
export interface Unread {
  line: number;
  fault: string;
}

/** Reads an export line by line: nothing but the line at hand is held. */
export type Reader = (text: string) => Generator<Moving | Unread>;

/** What is told of a thing: phones, tokens. */
export const whatOf = ({ kind }: Movable): string => `${kind}s`;
