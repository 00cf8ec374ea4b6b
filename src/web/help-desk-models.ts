import type { WatchTrouble } from '../accounts/index.ts';
import type { AccountStatus, LocalizedText } from '../core/account.ts';
import type { Level } from '../core/assurance.ts';
import type { Reason } from '../core/policy.ts';
import type { Message } from '../core/prompt.ts';
import type { Trouble } from '../core/trouble.ts';
import type { MethodSeen, SignInSeen } from './seen.ts';

/** What a rule asks for: in words, perhaps with a length of time; by which factors, and when; or as it is. */
export type DeskDemand =
  | { message: Message; span?: { amount: number; unit: string } }
  | { periods: { factors: string[]; from?: number; until?: number }[] }
  | { text: string };

/** One of policy's reasons; `own`: what a rule is called that nobody configured. */
export interface DeskReason extends Omit<Reason, 'demands'> {
  own?: Message;
  demands: DeskDemand[];
}

/** How somebody got no further. */
export interface DeskRefusal {
  at: number;
  application?: LocalizedText;
  /** One sentence. */
  message: Message;
  /** Of which factor. */
  factor?: string;
  /** The level that was asked for, and the one that was held. */
  wanted?: Level;
  held?: Level;
  /** Policy's own reasons, where policy refused. */
  rules: DeskReason[];
}

/** An application that doesn't work for anybody, or soon won't. */
export interface DeskTrouble extends Omit<Trouble, 'application'> {
  application: LocalizedText;
}

/** A directory that nobody is ended by who leaves it. */
export type DeskDirectoryTrouble = Omit<WatchTrouble, 'reason'>;

/** The help desk's pages, as `Pages` describes them. */
export interface HelpDeskPages {
  /** Field `q`, by GET: what is searched for. */
  'help-desk': {
    query: string;
    /** Absent before anything was searched for. */
    people?: { id: string; username: string; name: string; email?: string; groups: string[] }[];
    /** There are more than are shown. */
    more: boolean;
    /**
     * Absent where something was searched for. Who reported something that is open, is locked out now, has a pass in
     * use; epoch milliseconds. Without `until` it doesn't end by itself.
     */
    waiting?: {
      kind: 'reports' | 'locks' | 'passes';
      people: { id: string; name: string; username: string; since: number; until?: number; factor?: string }[];
    }[];
    /** Whether the agent may read the help desk's reports. */
    reports: boolean;
    troubles?: DeskTrouble[];
    directories?: DeskDirectoryTrouble[];
  };
  'help-desk-person': {
    /** Address of the page; actions lie below it. */
    here: string;
    person: { username: string; name: string; email?: string; groups: string[]; status: AccountStatus };
    notice?: Message;
    /** A new password has to be chosen first. */
    hold?: { at: number; reason: string };
    /** Without `until` it lasts until it is unlocked. */
    locks: { factor: string; until?: number }[];
    refusal?: DeskRefusal;
    /** Before one looks for the fault with the person. */
    troubles?: DeskTrouble[];
    methods: (MethodSeen & {
      /** How it stands, in the factor's words. */
      state?: Message;
    })[];
    devices: number;
    /** `stays`: it can't be ended from here; `ending`: it was asked to end, and goes on. */
    sessions: {
      since: number;
      applications: LocalizedText[];
      address?: string;
      place?: string;
      network?: string;
      held?: 'stays' | 'ending';
    }[];
    signIns: SignInSeen[];
    reports: {
      id: string;
      at: number;
      what: 'sign-in' | 'request';
      about: number;
      application?: LocalizedText;
      handled?: { at: number; reason: string };
    }[];
    /** What this agent may do here: issue and assign by factor. */
    can: {
      issue: string[];
      assign: string[];
      remove: boolean;
      unlock: boolean;
      endSessions: boolean;
      handle: boolean;
    };
  };
  /** One action: the checklist (`check-<n>`), a `reason`, and the action's own fields. */
  'help-desk-action': {
    action: string;
    csrf: string;
    back: string;
    person: { username: string; name: string };
    title: Message;
    text: Message;
    confirm: Message;
    /** Namespace of these and of the labels below. */
    factor?: string;
    danger: boolean;
    choices: { name: string; label: Message; options: { value: string; label: Message; chosen: boolean }[] }[];
    /** Typed from a device, field `number`. */
    number?: { label: Message; hint: Message; value: string };
    checklist: { text: LocalizedText; ticked: boolean }[];
    reason: string;
    errors: { field: 'checklist' | 'reason' | 'number' | 'form'; message: Message; factor?: string }[];
  };
  /** What was issued to somebody, shown once. */
  'help-desk-issued': {
    factor: string;
    person: { username: string; name: string };
    codes: string[];
    starts?: number;
    expires?: number;
    note?: Message;
    back: string;
  };
}
