/**
 * Vocabulary and contracts: what the rooms and plug-ins say to each other, as types, with what is pure and must be the
 * same everywhere. It needs nothing, and each file is imported by its own name.
 *
 * - People, what they prove, and what that is worth: `account`, `assurance`, `policy`, `sign-in`, `reported`, `logins`.
 * - Kinds of plug-in, and applications: `door`, `factor`, `directory`, `sender`, `store`; `application`.
 * - What plug-ins bring, and are given: `prompt`, `route`, `enabled-factor`, `credential-kind`, `keyring`, `trouble`.
 * - Browsers, and strangers behind them: `browser`, `bonds`, `exchange`, `parameters`, `strangers`.
 * - Sealing and reading: `seal`, `sealed`, `csv`, `table`, `encoding`, `typed`, `xml-bounds`, `xml-document`, `errors`.
 * - Taking turns: `queue`.
 */
export type * from './account.ts';
export type * from './application.ts';
export type * from './assurance.ts';
export type * from './bonds.ts';
export type * from './browser.ts';
export type * from './certificate.ts';
export type * from './credential-kind.ts';
export type * from './crockford.ts';
export type * from './csv.ts';
export type * from './directory.ts';
export type * from './door.ts';
export type * from './duration.ts';
export type * from './enabled-factor.ts';
export type * from './encoding.ts';
export type * from './errors.ts';
export type * from './exchange.ts';
export type * from './factor.ts';
export type * from './html.ts';
export type * from './keyring.ts';
export type * from './logins.ts';
export type * from './memo.ts';
export type * from './naming.ts';
export type * from './parameters.ts';
export type * from './policy.ts';
export type * from './prompt.ts';
export type * from './queue.ts';
export type * from './reported.ts';
export type * from './route.ts';
export type * from './seal.ts';
export type * from './sealed.ts';
export type * from './sender.ts';
export type * from './sign-in.ts';
export type * from './store.ts';
export type * from './strangers.ts';
export type * from './table.ts';
export type * from './trouble.ts';
export type * from './typed.ts';
export type * from './xml-bounds.ts';
export type * from './xml-document.ts';
