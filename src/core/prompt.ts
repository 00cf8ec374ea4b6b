import type { LocalizedText } from './account.ts';

/**
 * A prompt is data: the web renders `views/prompts/<kind>`, RADIUS writes it as challenge text.
 * Texts are message keys; a factor's own stand in its `locales/`, under its id as namespace.
 */
export const PROMPT_KINDS = ['secret', 'code', 'number', 'wait', 'ceremony', 'choice', 'notice', 'redirect'] as const;
export type PromptKind = (typeof PROMPT_KINDS)[number];

/** A message: `key` is looked up with the namespace first (`<factor>:<key>`), `values` are escaped by the view. */
export interface Message {
  key: string;
  values?: Readonly<Record<string, string | number>>;
}

/** User name and password, in one form so that password managers see both. */
export interface SecretPrompt {
  kind: 'secret';
  title: Message;
  /** Asks for the account as well; absent once the account is known. */
  identifier?: { label: Message | LocalizedText; hint?: LocalizedText; value?: string };
  label: Message;
  autocomplete: 'current-password' | 'new-password';
}

/** What to add to an authenticator app before the code can be read. */
export interface CodeSetup {
  /** `otpauth:` URI, as an authenticator app reads it. */
  uri: string;
  /** QR code of `uri`: an SVG document. */
  svg: string;
  /** The key, to be typed where no camera is at hand, in groups of four. */
  key: string;
}

/** What is typed beside a code, by the name of the answer's field. */
export interface CodeField {
  name: string;
  label: Message;
  hint?: Message;
  numeric: boolean;
}

/** A short code to be typed. */
export interface CodePrompt {
  kind: 'code';
  title: Message;
  text?: Message;
  label: Message;
  numeric: boolean;
  /** Number of characters expected, for the hint; never a `maxlength`. Absent where several would do. */
  length?: number;
  setup?: CodeSetup;
  /** Typed before the code, as the number on a device. */
  fields?: readonly CodeField[];
  /** It isn't a code but a telephone number: the hint says how to write it. */
  telephone?: Message;
  /**
   * A new one can be asked for from this moment on, epoch milliseconds: the answer's field `resend`. `itself`: none was
   * sent yet, and a page that is looked at asks by itself then.
   */
  resend?: { after: number; label: Message; itself?: true };
  /** Takes an enrolment back to its beginning: the answer's field `restart`. */
  restart?: Message;
}

/** What a prompt has whose answer comes by another channel. */
export interface Elsewhere {
  /** Key of the factor's exchange: once it has changed, the page sends its form with no field filled in. */
  waits?: string;
  /** Another request can be asked for from this moment on, epoch milliseconds: the answer's field `resend`. */
  resend?: { after: number; label: Message };
  /** For whoever has what is asked for and no network there: a code that can be typed instead, the field `code`. */
  code?: { summary: Message; text: Message; label: Message };
}

/** A number to be typed elsewhere (number matching). */
export interface NumberPrompt extends Elsewhere {
  kind: 'number';
  title: Message;
  text: Message;
  number: string;
  /** What the person sees beside it: that a message couldn't be delivered, and what to do. */
  note?: Message;
  /** Epoch milliseconds. */
  expires: number;
}

/** Nothing to do here: an answer comes by another channel. */
export interface WaitPrompt extends Elsewhere {
  kind: 'wait';
  title: Message;
  text: Message;
  /** Epoch milliseconds; absent where nothing is under way that could end. */
  expires?: number;
  /** What to open on another device; texts are the factor's `setup.alt`, `.open`, `.key`. */
  setup?: CodeSetup;
}

/** A dialogue of the browser's own (WebAuthn): options in, credential out. */
export interface CeremonyPrompt {
  kind: 'ceremony';
  title: Message;
  text: Message;
  /** Path of the script that runs it, among the factor's assets: `/assets/<factor>/<file>`. */
  script: string;
  /** JSON, for the script. */
  options: unknown;
  /** What the button says that starts it. */
  action: Message;
  /** Said where another way on the same page is locked: it isn't. */
  whileLocked?: Message;
  /** The browser may offer it from the user name field on load (conditional mediation, WebAuthn section 5.1.4). */
  conditional?: boolean;
  /** What the script says, by its own names: the dialogue was cancelled, isn't supported, and so on. */
  says: Readonly<Record<string, Message>>;
}

export interface ChoicePrompt {
  kind: 'choice';
  title: Message;
  options: { value: string; label: Message | LocalizedText; hint?: Message }[];
}

export interface NoticePrompt {
  kind: 'notice';
  title: Message;
  text: Message;
}

/** Goes on at somebody else's page: the address is made when the person leaves. */
export interface RedirectPrompt {
  kind: 'redirect';
  title: Message;
  text?: Message;
  /** Whose page it is. */
  name: LocalizedText;
  /** What the link says: `name` is put in. */
  action: Message;
}

export type Prompt =
  | SecretPrompt
  | CodePrompt
  | NumberPrompt
  | WaitPrompt
  | CeremonyPrompt
  | ChoicePrompt
  | NoticePrompt
  | RedirectPrompt;

/** What a person answered: the form's fields, as sent. A factor validates its own. */
export type Answer = Readonly<Record<string, string>>;
