import type { ContactKind } from '../accounts/index.ts';
import type { Expiry } from '../accounts/passwords/index.ts';
import type { LocalizedText } from '../core/account.ts';
import type { Level } from '../core/assurance.ts';
import type { Message, Prompt } from '../core/prompt.ts';
import type { Lending } from '../sign-in/steps.ts';
import type { Asked } from './asked.ts';
import type { DevicePages } from './device-models.ts';
import type { HelpDeskPages } from './help-desk-models.ts';
import type { HousePages, SignInHouses } from './house-models.ts';
import type { LinkPages, LinksShown } from './link-models.ts';
import type { Moment } from './moments.ts';
import type { PasswordPages } from './password-models.ts';
import type { PhonePages } from './phone-models.ts';
import type { ReportPages } from './report-models.ts';
import type { RegisteredContacts, ResetPages } from './reset-models.ts';
import type { MethodSeen, SignInSeen } from './seen.ts';
import type { SignOutPages } from './sign-out-models.ts';
import type { SuggestionPages } from './suggestion-models.ts';
import type { RefusalKey, Turn } from './whose-turn.ts';

/**
 * What each page is given: `views/pages/<name>.eta` sees its model as `it`, beside what every page has
 * (`it.t`, `it.text`, `it.page`, see render.ts). Addresses are same-origin paths; times epoch milliseconds.
 */
export interface Pages
  extends DevicePages,
    HelpDeskPages,
    ResetPages,
    ReportPages,
    PasswordPages,
    PhonePages,
    LinkPages,
    HousePages,
    SignOutPages,
    SuggestionPages {
  home: { signedIn: boolean };
  /** One prompt of a sign-in or enrolment: `views/prompts/<kind>.eta` inside the frame of the sign-in. */
  prompt: {
    action: string;
    csrf: string;
    application: LocalizedText;
    /** What it calls itself in this request. */
    requester?: string;
    /** The factor's id: namespace of its messages. */
    factor: string;
    prompt: Prompt;
    /** Other factors that can be answered right here, each in a form of its own with a field `factor`. */
    also?: { factor: string; prompt: Prompt }[];
    /** Who is signing in, once known. */
    account?: { username: string; name: string };
    /** `enrol` shows the prompt as setting something up, `sign-in` as proving it. */
    purpose: 'sign-in' | 'enrol';
    /** Why it is asked: the person reads one sentence. */
    why?: Message;
    error?: Message & { factor?: string };
    /** Where to go for who can't do this now. */
    cannot?: string;
    /** And for who has forgotten their password. */
    forgotten?: string;
    /** Posting here signs the known account out and starts over with another one. */
    switchAccount?: string;
    /** Asks for a name as well, field `name`; empty takes the factor's own. `named`: what stands in it. */
    nameable?: boolean;
    named?: string;
    /** Where it stands in a walk of several steps. */
    progress?: { step: number; of: number };
    /** Other houses, in the place of the prompts `redirect` that lead there. */
    houses?: SignInHouses;
    /** Where a prompt `redirect` leads, with the parameter `to` and the id of the factor that it is of. */
    departs?: string;
    /** A way out that leaves all as it was. */
    leave?: { href: string; label: Message };
    /** Posting the field `back` leads to the other ways. */
    back?: { label: Message };
    /** It waits for an answer from elsewhere: where it listens and asks (waiting.js), and what shows it anew without a script. */
    waiting?: { events: string; state: string; page: string };
    /** It can be left out: a field `skip` with `yes` goes on without. */
    optional?: boolean;
    /** Posting here gives up and returns to the application. */
    cancel?: string;
  };
  'choose-method': {
    action: string;
    csrf: string;
    application: LocalizedText;
    requester?: string;
    account: { username: string; name: string };
    /** Last used first. `value` goes into the field `method`. */
    methods: { value: string; factor: string; name: string; sort?: string; lastUsedAt?: number }[];
    lends: Lending;
    /** Address of the step that these would take the place of. */
    back: string;
    cancel?: string;
    error?: Message;
  };
  /** Which factor to set up, where several can be. */
  'choose-enrolment': {
    action: string;
    csrf: string;
    application: LocalizedText;
    requester?: string;
    account: { username: string; name: string };
    /** `value` goes into the field `factor`. Title and text are the factor's `name` and `pitch` messages, of the recommended one `offer`. */
    factors: { value: string; recommended?: boolean; nearby?: string }[];
    /** It comes after a first one. */
    another?: boolean;
    /** Where it stands in a walk of several steps. */
    progress?: { step: number; of: number };
    leave?: { href: string; label: Message };
    /** Where to go for who can't do this now; and there, what a pass would do, and the way back. */
    cannot?: string;
    lends?: Lending;
    back?: string;
    /** It can be left out: field `skip`. */
    optional?: boolean;
    cancel?: string;
  };
  /** A pass was shown in the place of a method: whether that one is lost. Field `lost`: `yes` or `no`. */
  lost: {
    action: string;
    csrf: string;
    application: LocalizedText;
    requester?: string;
    account: { username: string; name: string };
  };
  /** Where newcomers begin, before anybody knows who they are. */
  enrol: { begin: string; steps: number };
  /** What they have set up. */
  enrolled: {
    methods: { factor: string; name: string }[];
    /** Factors that run out, which can be had now: texts are theirs, `issue.*`. */
    spare: string[];
    /** What is to be registered before a forgotten password can be replaced by a code, at `/account/contacts/add/<kind>`. */
    register: ContactKind[];
    /** There is another step, which was left for later. */
    more?: string;
  };
  /** With which account to go on. Field `account`: `this` or `other`. */
  'select-account': {
    action: string;
    csrf: string;
    application: LocalizedText;
    account: { username: string; name: string };
    error?: Message;
    /** Posting here gives up and returns to the application. */
    cancel: string;
  };
  /** Field `remember`: `yes` or `no`, two submit buttons, neither preferred. */
  remember: {
    action: string;
    csrf: string;
    application: LocalizedText;
    account: { username: string; name: string };
    /** For how long, as the application's policy has it. */
    window: { amount: number; unit: 'days' | 'hours' | 'minutes' };
  };
  /** Field `consent`: `allow` or `deny`. */
  consent: {
    action: string;
    csrf: string;
    application: LocalizedText;
    homepage?: string;
    /** As `Application.icon`. */
    icon?: string;
    account: { username: string; name: string };
    /** Messages `scope.<name>`; unknown ones show their own name. */
    scopes: string[];
    claims: string[];
    resources: { indicator: string; scopes: string[] }[];
  };
  /** Policy refuses, or what was asked for can't be had. */
  refused: {
    application: LocalizedText;
    requester?: string;
    message: Message;
    /** What to do now, where there is something. */
    advice?: Message;
    /** Says as well how the help desk is reached, and how a pass is had. */
    contact?: boolean;
    pass?: boolean;
    /** What the last answer was refused for, where no method is left after it. */
    error?: Message & { factor?: string };
    /** Address where a method that would do can be set up. */
    setUp?: string;
    /** Returns to the application with its protocol's error. */
    action?: string;
    csrf?: string;
    switchAccount?: string;
  };
  /** Response mode form_post: submits itself by /assets/submit.js, and has a button without it. */
  'form-post': {
    action: string;
    inputs: { name: string; value: string }[];
    application?: LocalizedText;
    /** It asks the application to sign the person out, instead of taking them back there. */
    leaving?: boolean;
  };
  error: {
    status: number;
    /** `error.<key>.title`, `.text`, and what to do: `.advice`. */
    key: RefusalKey;
    /** For the text; `application` is that below, in the reader's language. */
    values?: Readonly<Record<string, string | number | Moment>>;
    application?: LocalizedText;
    /** Protocol error code, for relying-party developers; shown small. */
    code?: string;
    detail?: string;
    /** Who can put it right, and what the button does; `html` says so for each key. */
    turn?: Turn;
    button?: { href: string; label: Message };
    /** It loads itself anew after a while. */
    retries?: boolean;
  };
  applications: {
    /** What was looked for; absent where all are shown. */
    sought?: string;
    /** How many there are in all. */
    count: number;
    applications: {
      name: LocalizedText;
      description?: LocalizedText;
      category?: LocalizedText;
      /** What is asked of whoever reads it; absent where that isn't known. */
      yours?: { level: Level | 'denied'; remember?: { amount: number; unit: 'days' | 'hours' | 'minutes' } | 'never' };
      homepage?: string;
      icon?: string;
      /** What is asked, of whom, from when; the strictest last. */
      demands: {
        level: Level | 'denied';
        groups: string[];
        notGroups: string[];
        /** Networks that it holds on, and those that it doesn't hold on, by the operator's names. */
        networks: string[];
        notNetworks: string[];
        remember?: { amount: number; unit: 'days' | 'hours' | 'minutes' } | 'never';
        from?: number;
      }[];
      /** By which factors the second step is, of whom, and from when until when: only where a rule says so. */
      steps: {
        groups: string[];
        notGroups: string[];
        networks: string[];
        notNetworks: string[];
        periods: { factors: string[]; from?: number; until?: number }[];
      }[];
    }[];
  };
  account: {
    csrf: string;
    account: { username: string; name: string; email?: string };
    notice?: Message;
    /** What was just set up can be tried, at `/account/try`. */
    tries?: boolean;
    /** Whether losing a method locks them out; absent where there is nothing to set up. `name`: the one there is. */
    safety?: { kind: 'none' | 'one' | 'phone' | 'safe'; count: number; name?: string };
    /** What a date ends for them, at which applications, and what they can set up for the time after it. */
    moving?: { at: number; ends: string[]; applications: LocalizedText[]; next: string[] };
    methods: (MethodSeen & {
      removable: boolean;
      /** It is asked for first; `choosable`: it can be made so. */
      preferred?: boolean;
      choosable?: boolean;
      /** Names of methods that can confirm it. */
      elders?: string[];
      /** How it stands, in the factor's words; `warn`: something to act on, which the factor's `state.warn` names. */
      state?: { message: Message; warn: boolean };
    })[];
    /** Absent where no house can be linked. */
    links?: LinksShown;
    /** Applications that couldn't be told that their person has signed out, and when. */
    unreached: { application: LocalizedText; at: number }[];
    /** Sessions that doors have of their own, as a VPN's. */
    connections: {
      application: LocalizedText;
      since: number;
      /** Of the person, where it is known. */
      address?: string;
      network?: string;
      place?: string;
      /** It is ended with everything else; otherwise it ends by itself. */
      endable: boolean;
      /** It was asked to end, and goes on. */
      ending?: true;
      id: string;
    }[];
    /** One of them lives on a phone, and can be moved at `/account/phone`. */
    onPhone?: boolean;
    /** Factors that can be added; posts or links to `/account/methods/add/<factor>`. */
    addable: string[];
    /** Factors that people issue to themselves, at `/account/methods/issue/<factor>`: texts are theirs, `issue.*`. */
    issuable: string[];
    devices: {
      id: string;
      browser: string;
      system: string;
      createdAt: number;
      lastUsedAt?: number;
      expires: number;
      current: boolean;
      /** Where it was used last. */
      address?: string;
      network?: string;
      place?: string;
    }[];
    /** Whether this browser can be renewed now. */
    renewable: boolean;
    signIns: (SignInSeen & {
      id: string;
      /** Its owner said that it was somebody else. */
      reported: boolean;
      /** It is too long ago for that. */
      late?: boolean;
    })[];
    /** Whether the password is changed here, at `/account/password`. */
    changesPassword: boolean;
    /** Where a forgotten one is replaced, and by what its owner can be reached then. */
    forgotten?: string;
    contacts?: RegisteredContacts;
    /** When it expires; absent: never. Epoch milliseconds. */
    password?: Expiry;
  };
  /** "This wasn't me": what it was, and what will happen. */
  'not-me': {
    action: string;
    csrf: string;
    signIn: Pages['account']['signIns'][number];
    /** Names of methods that were added in it or since, and that would be suspended. */
    suspends: string[];
    /** It is a connection, which is ended with all else, or can't be from here. */
    connection?: 'ends' | 'stays';
    /** It is too long ago to be reported. */
    late: boolean;
    back: string;
  };
  /** After that. `next` leads to a new password. */
  reported: { next: string; stays?: true };
  /** Confirms a removal: of a method or a remembered device, or of everything. */
  'account-confirm': {
    asked: Asked;
    values?: Message['values'];
    action: string;
    csrf: string;
    back: string;
    danger: boolean;
  };
  /** What a report suspended is judged with one of the methods that were there before it: `show` leads to them. */
  'account-elder': {
    name: string;
    elders: { factor: string; name: string }[];
    /** Absent where there is none: only the help desk can. */
    show?: string;
    back: string;
  };
  /** Asks before something is issued; texts are the factor's `issue.*`, and each choice is a field of its name. */
  'account-issue': {
    action: string;
    csrf: string;
    factor: string;
    /** Ends what was issued before. */
    replaces: boolean;
    choices: { name: string; options: { value: string; label: Message }[] }[];
  };
  /** What was issued, shown once; texts are the factor's `issued.*`. */
  issued: {
    factor: string;
    username: string;
    codes: string[];
    starts?: number;
    expires?: number;
    note?: Message;
  };
  /** A new name for a method, field `name`. */
  'account-rename': { action: string; csrf: string; name: string; back: string; error?: Message };
}

export type PageName = keyof Pages;
