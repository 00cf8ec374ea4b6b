import type { Asking, ContactKind } from '../accounts/index.ts';
import type { Message } from '../core/prompt.ts';
import type { Question, Way } from '../reset/index.ts';

type Failed = Message & { factor?: string };

/** What somebody can be reached by then, on their account's page. */
export interface RegisteredContacts {
  /** `to` is masked; `serves`: not before then; `trouble`: not while no other address is told, or at all. */
  list: {
    id: string;
    kind: ContactKind;
    to: string;
    addedAt: number;
    serves?: number;
    trouble?: 'alone' | 'unfit';
  }[];
  /** Posts or links to `/account/contacts/add/<kind>`. */
  addable: ContactKind[];
  /** At `/account/contacts/questions`: set, to be set, or removed and asked until then; absent: none of it. */
  questions?: { settable: boolean; setAt?: number; serves?: number; askedUntil?: number };
}

/** Pages of whoever has forgotten their password, or prepares for that. */
export interface ResetPages {
  /** Who is meant, field `username`; `question`: what the browser is to work out first, fields `work` and `found`. */
  'reset-begin': { action: string; csrf: string; name?: string; question?: Question; error?: Message };
  /** What to show, field `way`. `begun`: something was shown already, and more is needed. */
  'reset-ways': { action: string; csrf: string; ways: Way[]; begun: boolean; error?: Failed };
  /** A code, field `code`; `again`: it can be sent anew, field `resend`. */
  'reset-code': {
    action: string;
    csrf: string;
    way: 'mail' | 'text' | 'saved' | 'issued';
    again: boolean;
    /** As the address out of the mail has it. */
    code?: string;
    error?: Failed;
  };
  /** Secret questions, each with the name of its answer's field. */
  'reset-questions': {
    action: string;
    csrf: string;
    questions: { name: string; question: Asking }[];
    error?: Failed;
  };
  /** `elsewhere`: the browser isn't the one that asked, or it is too long ago. */
  'reset-end': { end: 'done' | 'over' | 'elsewhere'; works?: number };
  /** Secret questions to set: fields `question1`, `own1`, `answer1` and so on; `at`: which row is wrong. */
  'account-questions': {
    action: string;
    csrf: string;
    given: string[];
    rows: { given: string; own: string; answer: string }[];
    back: string;
    error?: Message;
    at?: number;
  };
  /** A mailbox or number to register, field `contact`. */
  'account-contact': { action: string; csrf: string; kind: ContactKind; typed?: string; back: string; error?: Message };
  /** The code that went there, field `code`. */
  'account-contact-code': {
    action: string;
    csrf: string;
    kind: ContactKind;
    to: string;
    back: string;
    error?: Message;
  };
}
