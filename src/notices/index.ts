/**
 * What an account's owner is told, by mail, of what changed about how they sign in. It needs the stores, and somebody
 * who writes and sends; it gives letters that are driven by the audit, and notices sign-ins from new places.
 */
export type { AddressesOf } from './addresses.ts';
export { createLetters, type Letters, type LettersDeps } from './letters.ts';
export type { Notice } from './notices.ts';
export { createPlaces, type Places, type PlacesOf } from './places.ts';
