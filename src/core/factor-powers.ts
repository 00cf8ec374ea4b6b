import type { Credential } from './account.ts';
import type { Message } from './prompt.ts';

/** Who is signing in, before or after the account is known. */
export type Identified = { username: string } | { lookup: string };

/** What is asked for, by the factor's own names, and by whom: what owners may have can be less than what operators may give. */
export interface IssueOptions {
  readonly by: 'owner' | 'operator';
  readonly [name: string]: string | number | boolean | undefined;
}

/** A new credential, and what is shown of it: once, for only hashes of it are kept. */
export interface Issued<C = unknown> {
  name: string;
  data: C;
  lookup?: string[];
  /** All earlier ones of this factor end with it. */
  replaces: boolean;
  shown: Shown;
}

export interface Shown {
  codes: string[];
  /** Epoch milliseconds. */
  starts?: number;
  expires?: number;
  note?: Message;
}

/** A choice to be made, as the field `name`: the label is the message `issue.<name>`. */
export interface IssueChoice {
  name: string;
  options: readonly { value: string; label: Message }[];
}

/** A device that is the account's now, to be kept as its credential. */
export interface Assigned<C = unknown> {
  outcome: 'assigned';
  name: string;
  data: C;
  lookup: string[];
  /** Where it couldn't be kept: nobody holds the device. */
  release(): Promise<void>;
}

/** What the account page offers; title, text and button are the factor's messages `issue.title`, `.text`, `.action`. */
export interface SelfService<C = unknown> {
  choices?: readonly IssueChoice[];
  /** How it stands, for the list of methods: "8 left". `warn` is something to act on. */
  state?(credential: Credential<C>): { message: Message; warn: boolean } | undefined;
}

/** `unlike`: what it is called says which one it is, as its number does, and isn't for the new one. */
export type OnPhone = Message & { unlike?: boolean };
