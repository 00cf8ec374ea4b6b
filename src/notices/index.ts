/**
 * What an account's owner is told, by mail, of what changed about how they sign in. It needs the durable store, and
 * somebody who writes and sends; it gives letters that are driven by the audit.
 */
export { createLetters, type Letters, type LettersDeps } from './letters.ts';
export type { Notice } from './notices.ts';
