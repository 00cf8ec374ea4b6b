import type { ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { Account, LocalizedText } from './account.ts';
import type { Application, Applications } from './application.ts';
import type { AcrTable, Evidence, Proof } from './assurance.ts';
import type { AuditEvent, AuditPort } from './audit-port.ts';
import type { Bonds, Deposits } from './bonds.ts';
import type { Browser } from './browser.ts';
import type { ClientCertificate } from './certificate.ts';
import type { Command } from './directory.ts';
import type { Exchange } from './exchange.ts';
import type { Movable } from './factor-powers.ts';
import type { Finding } from './finding.ts';
import type { JourneyPort } from './journey.ts';
import type { Keyring, KeyringOptions } from './keyring.ts';
import type { Arrival, ArrivalMeter, Gate, Listening, Work } from './listening.ts';
import type { Load } from './load.ts';
import type { LogPort } from './log.ts';
import type { PlainAddress, PlainVisit } from './plain.ts';
import type { Message, PromptKind } from './prompt.ts';
import type { Sealer } from './seal.ts';
import type { SealedPlace } from './sealed.ts';
import type {
  ConsentRequest,
  Evaluation,
  EvaluationInput,
  RenewedSight,
  SessionSight,
  SignInRequest,
  StillAllowedInput,
  Wants,
} from './sign-in.ts';
import type { DurableStore, EphemeralStore, RecordStore } from './store.ts';
import type { Strangers } from './strangers.ts';
import type { Trouble } from './trouble.ts';
import type { SessionThere } from './upstream.ts';

/** What a door looks at for `sallyport doctor`: it changes nothing. */
export interface DoorSurroundings<A> {
  applications: readonly A[];
  /** What it has kept in the durable store; absent where there is none yet. */
  records?: (namespace: string) => Pick<RecordStore, 'list'>;
  now(): number;
}

/** What every kind of door says of itself. */
/** An application that has people asked where no page is, and the prompts that it can show them. */
export interface Asking {
  application: string;
  presents: readonly PromptKind[];
}

interface AnyDoor<S, A> {
  readonly id: string;
  /** The prompt kinds that it can present. */
  readonly prompts: readonly PromptKind[];
  readonly settings: z.ZodType<S>;
  /** Shape of an application's own settings for this door. */
  readonly application: z.ZodType<A>;
  /** Faults that a schema can't see, each with its path below `applications.<id>.<door>`. */
  check?(
    applications: readonly (Application & { settings: A })[],
    /** The door's own, where they have no fault themselves. */
    settings?: S,
  ): { application: string; path: string; message: string }[];
  /**
   * What can be seen before a start of what others wrote: warnings, for none of it is a fault of the configuration.
   * Reads files, asks nobody.
   */
  review?(applications: readonly (Application & { settings: A })[], settings: S, now: number): Promise<Trouble[]>;
  /** Of these applications those that must show a certificate as they connect. */
  certified?(applications: readonly (Application & { settings: A })[]): string[];
  /** Of these applications those that have people asked without any page. */
  asks?(applications: readonly (Application & { settings: A })[]): Asking[];
  /** Addresses that applications give to people, whose connections count there (`Door.connectedAt`). */
  pools?(
    applications: readonly (Application & { settings: A })[],
  ): { application: string; ranges: readonly string[] }[];
  /** What `sallyport doctor` is told of its applications: whether what they send is as it should be. */
  examine?(surroundings: DoorSurroundings<Application & { settings: A }>): Promise<readonly Finding[]>;
  /**
   * Houses that are told by these applications what somebody proved here, each by an identifier that stands in whatever
   * the house calls itself: what such a house says of how somebody was shown may be our own word.
   */
  tells?(applications: readonly (Application & { settings: A })[]): string[];
  /** Where in an application's settings files are named: they are relative to the configuration's folder. */
  readonly files?: readonly (readonly string[])[];
  /** Where it keeps sealed values in the durable store. */
  readonly sealed?: readonly SealedPlace[];
  /** For a demonstration: how applications that have no page are tried at a shell by somebody, a line each. */
  demonstrate?(
    applications: readonly (Application & { settings: A })[],
    settings: S,
    somebody: { username: string; typed: string },
  ): string[];
  /** Commands of the CLI, run where the data is owned. */
  readonly commands?: readonly Command<Door>[];
}

/** A protocol front: it turns its own messages into authorization requests of the core and back. */
export interface DoorModule<S = unknown, A = unknown> extends AnyDoor<S, A> {
  readonly core?: never;
  /** The ports of its own that these settings want, beside those of the web. A setting that moves one is called `listen`. */
  listens?(settings: S): readonly Listening[];
  create(settings: S, ports: DoorPorts): Promise<Door>;
}

/** The door whose session is the single sign-on session: it stands before the others, and knows none of them. */
export interface CoreModule<S = unknown, A = unknown> extends AnyDoor<S, A> {
  readonly core: true;
  create(settings: S, ports: CorePorts): Promise<CoreDoor>;
}

/** What a door hears of sessions of the core, and says of the requests that it began there. */
export interface SessionListener {
  /** Under what name the request that began with this `returnTo` asks, if the application proved that it is its own. */
  requester?(returnTo: string): Promise<string | undefined>;
  /**
   * Tells applications of this door that a session has ended, server to server. Never throws: answers which
   * couldn't be told, and of those the ones that a browser could still be sent to.
   */
  signOut?(ended: EndedSession): Promise<{ unreached: string[]; byBrowser: string[] }>;
  /**
   * Everything of an account is ended: whatever sessions the door has of its own beside the core's go too. Never throws:
   * answers the applications at which one couldn't be ended.
   */
  endOwn?(account: string): Promise<string[]>;
  /**
   * Begins telling those that only a browser reaches: address of a page of ours that does so, for this browser
   * alone, and then goes on to `next`.
   */
  signOutByBrowser?(ended: EndedSession, next: string, exchange: Exchange): Promise<string>;
}

export interface Door extends SessionListener {
  /** Handles the door's own paths; passes on what isn't its. */
  readonly handler: RequestHandler;
  /** Addresses that it answers by itself where they are asked in the plainest way; `handler` answers them however they are asked. */
  readonly plain?: readonly PlainAddress[];
  /** The same of addresses that people are sent to. */
  readonly visits?: readonly PlainVisit[];
  /**
   * Looks at what arrived at a port of its own. Without an answer it is dropped: that is decided at once, from what is
   * at hand, for strangers send as much as they like.
   */
  arrive?(arrival: Arrival): Work | undefined;
  /** Where a port of its own is connected to. */
  readonly gate?: Gate;
  /**
   * A live connection of an account's that whoever comes from this address comes through, and nobody else: what was
   * proven when it began, which core/assurance makes a level of.
   */
  connectedAt?(account: string, address: string): Promise<Connection | undefined>;
  /**
   * Takes over by what its counterpart knows somebody, from an export. Undefined: it isn't for this door; otherwise
   * `taken`, `had`, or why not. `dry`: only looked at.
   */
  introduce?(account: Account, thing: Movable, options: { dry: boolean }): Promise<string | undefined>;
  /** Sessions of its own of an account, beside the single sign-on session, as a VPN's. */
  ownSessions?(account: string): Promise<OwnSession[]>;
  /** Whether a path is called by programs: what is refused there before the door is asked is told in JSON. */
  forPrograms?(path: string): boolean;
  /** Further hosts by which programs reach those paths, as `host[:port]`: there they are asked for a certificate. */
  programHosts?: ReadonlySet<string>;
  /** What it knows of an application beyond its configuration, or of one that isn't configured, as a federation's member. */
  application?(id: string): Promise<Application | undefined>;
  /** What others wrote or serve keeps applications of this door from working, or soon will. Cheap: it is asked often. */
  troubles?(): Promise<Trouble[]>;
  close?(): Promise<void>;
}

/** A session that a door has of its own. Times are epoch milliseconds. */
export interface OwnSession {
  /** A name of the door's, unique there: it stands in addresses of pages. */
  id: string;
  application: string;
  since: number;
  /** The person's address, where it is known. */
  ip?: string;
  /** It is asked to end when everything of the account is ended; otherwise it ends by itself. */
  endable: boolean;
  /** It was asked to end, and goes on. */
  ending?: true;
}

/** A session of a door's own through which its person reaches others, as a VPN's. */
export interface Connection {
  application: string;
  /** When the second factor was shown, epoch milliseconds. */
  at: number;
  /** What was proven there. */
  proofs: readonly Proof[];
}

export interface CoreDoor extends Door {
  readonly core: Core;
  /** Given what stands only after it. Before that nobody is asked who isn't at a browser (CIBA). */
  stands?(ports: Pick<DoorPorts, 'journey' | 'known'>): void;
  /** Once its building is opened, in a server: what it does by itself begins then, and ends with `close`. */
  opens?(): void;
}

/** A session that is over, and the applications of one door that took part in it. */
export interface EndedSession {
  account: string;
  /** By application: the name by which it knows the session (`sid`, SessionIndex). */
  applications: ReadonlyMap<string, string>;
}

/** How a sign-in ends. */
export type Outcome =
  | { kind: 'signed-in'; account: string; authTime: number }
  | { kind: 'consented'; account: string; consent: ConsentRequest }
  /** Whose session it is goes on with it; what else is due is asked after. */
  | { kind: 'selected'; account: string }
  /** Nothing came of it: the request is asked about anew, as it stands now. */
  | { kind: 'again' }
  | {
      kind: 'refused';
      error: 'access_denied' | 'unmet_authentication_requirements' | 'login_required';
      description: string;
    };

/** The single sign-on session, and the interactions that lead to it. */
export interface Core {
  /**
   * The request behind `/sign-in/<id>`.
   *
   * @throws SallyportError ERR_SIGN_IN_EXPIRED, or ERR_SIGN_IN_OTHER_BROWSER where this isn't the one that it is bound to
   */
  request(req: Request, res: Response, id: string): Promise<SignInRequest>;
  /** Records the outcome; answers the address to send the browser to. Throws as `request` does. */
  finish(req: Request, res: Response, id: string, outcome: Outcome): Promise<string>;
  /** `session` names it; what it holds is asked by `sight`. */
  session(req: Request, res: Response): Promise<{ account: string; session: string; sight: SessionSight } | undefined>;
  /**
   * Gives this browser's session a new cookie value, before it is given more. Undefined where nobody is signed in, or
   * the request came by a value that was superseded.
   */
  renew(req: Request, res: Response): Promise<RenewedSight | undefined>;
  /** Address that begins an authorization request of an internal application, or of one of another door. */
  begin(application: string, options?: BeginOptions): string;
  /** How a request of another door's application ended, by the `returnTo` that it began with; once. */
  ended(returnTo: string): Promise<Ended | undefined>;
  /** Enters an application into this browser's session; answers the name by which it knows the session. */
  join(req: Request, res: Response, application: string): Promise<Joined | undefined>;
  /**
   * The session of these cookies, as an application finds it that has its part in it already, where nothing has to be
   * written: the one cookie, of its current value, in no need of being prolonged. Undefined: `session` and `join` say.
   */
  joined(cookies: string, application: string): Promise<(Joined & { sight: SessionSight }) | undefined>;
  /** The name by which an application knows this browser's session; undefined where it has no part in it. */
  indexOf(req: Request, res: Response, application: string): Promise<string | undefined>;
  /**
   * Ends this browser's session and tells its applications. `next`: address to send the browser to, by way of
   * those applications that only a browser reaches; `except` is one that knows already.
   */
  endSession(
    req: Request,
    res: Response,
    options?: { next?: string; except?: string },
  ): Promise<{ next: string; unreached: string[] }>;
  /** Ends the account's grants that rest on a credential, with all their tokens; how many there were. */
  endGrants(account: string, credential: string): Promise<number>;
  /** Ends sessions and grants of an account, everywhere, and tells the applications; returns how many sessions ended. */
  endAll(account: string, except?: string): Promise<{ sessions: number; unreached: string[] }>;
  /** Ends those sessions of an account, and tells their applications; other sessions and grants stay. */
  endSome(account: string, sessions: readonly string[]): Promise<{ sessions: number; unreached: string[] }>;
  sessionsOf(account: string): Promise<{ session: string; applications: string[]; since: number }[]>;
  /** Tells a door, from now on, of every session's end, and asks it about requests that it began. */
  listen(door: string, listener: SessionListener): void;
}

export interface BeginOptions {
  /** Milliseconds. */
  maxAge?: number;
  returnTo?: string;
  wants?: Partial<Wants>;
  loginHint?: string;
  /** Where the application's own chooser says that people are from. */
  houseHints?: readonly string[];
  uiLocales?: readonly string[];
}

/** The session that answers a request of another door's application. */
export interface Joined {
  account: string;
  session: string;
  /** The name by which the application knows the session: `sid`, or SessionIndex. */
  index: string;
  /** When the session ends at the latest. */
  expires: number;
}

/** How an authorization request of another door's application ended, and its id: proofs carry it. */
export interface Ended {
  application: string;
  request: string;
  account: string;
  session: string;
}

/**
 * Sessions at other houses that one of ours came of. Ending them is offered on the page after a sign-out: an address of
 * ours for each, good once and in that browser alone.
 */
export interface HouseSessions {
  of(session: string, account: string): Promise<(SessionThere & { directory: string; account: string })[]>;
  offer(
    exchange: Exchange,
    sessions: Awaited<ReturnType<HouseSessions['of']>>,
  ): Promise<{ name: LocalizedText; href: string }[]>;
}

/** What the core's door is given. */
export interface CorePorts {
  now(): number;
  random(bytes: number): Uint8Array;
  issuer: string;
  /** What the institution calls itself, and where its people find help. */
  institution: { name: LocalizedText; supportUrl?: string };
  ephemeral: EphemeralStore;
  /** Asked before anything is kept in `ephemeral` for somebody who isn't known. */
  strangers: Strangers;
  /** Asked where a sign-in begins. */
  load: Load;
  durable: DurableStore;
  sealer: Sealer;
  applications: Applications;
  sessions: { lifetime: number; idle: number };
  /** Classes that can be asked for, with the levels that they stand for. */
  acr: AcrTable;
  /** Signing keys of a purpose, made on first use, kept and rolled over on all nodes alike. */
  keyring(purpose: string, options: KeyringOptions): Promise<Keyring>;
  locales: readonly string[];
  evaluate(input: EvaluationInput): Promise<Evaluation>;
  /** Decides again without a browser, as a refresh does: false ends the grant. */
  stillAllowed(input: StillAllowedInput): Promise<boolean>;
  /** Whoever may sign in now. `within`, `read`: the request that asks, and the account where that has read it already. */
  account(id: string, within?: object, read?: Account): Promise<Account | undefined>;
  /** Moves what a finished sign-in collected to its session; once. */
  adopt(signIn: string, to: SessionSight, ttl: number, within?: object): Promise<readonly Evidence[]>;
  /** The browser behind a response of the web layer's. */
  browser(res: ServerResponse): Browser;
  /**
   * What is shown to people, as plain text, in this language or else the default one. `factor`: whose own texts come
   * first, a factor's or the door's.
   */
  say(text: Message | LocalizedText, options?: { locale?: string; factor?: string }): string;
  /** Where on earth an address may be, or of which configured network it is, in the words of whoever is answered. */
  place(res: ServerResponse, ip: string): { network?: string; place?: string };
  /** The certificate that a program showed as it connected, to us or to a proxy (RFC 8705); nobody has vouched for it. */
  certificate(res: ServerResponse): ClientCertificate | undefined;
  /** Whether a program came by one of the door's `programHosts`. */
  byProgramHost(res: ServerResponse): boolean;
  /** Whatever leaves the browser and comes back is bound to it by these, and kept meanwhile by those. */
  bonds: Bonds;
  deposits: Deposits;
  houseSessions: HouseSessions;
  /** Calls an address that a client gave us: no private network but the allowed ones, no redirect. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  /** Reads a form of at most `limit` bytes, and of as many parameters as a request may have: `req.body` is its text. */
  form(limit: number): RequestHandler[];
  render: RenderPort;
  audit: AuditPort;
  log: LogPort;
}

/** What every other door is given: the same, the core, and the journey. */
export interface DoorPorts extends CorePorts {
  core: Core;
  /** For a door that presents the prompts itself, without the single sign-on session. */
  journey: JourneyPort;
  /** Somebody's account, by what they could type to sign in; made where there was none. For what a counterpart has verified. */
  find(login: string): Promise<Account | undefined>;
  /** Whether this directory names people in this domain: any of ours does, another house where the operator says so. */
  mayName(directory: string, domain: string): boolean;
  /** The same, where there is one: for what a counterpart only says. */
  known(login: string): Promise<Account | undefined>;
  /** For a door with ports of its own. */
  meter: ArrivalMeter;
}

/** Pages, by name; the model's shape is the page's. Answers HTML. */
export interface RenderPort {
  page(res: ServerResponse, name: string, model: Record<string, unknown>, status?: number): string;
  /** Allows this page's form to end in a redirect to these origins, or to all of a scheme (`https:`). */
  allowFormAction(res: ServerResponse, ...origins: string[]): void;
  /** Allows this page to frame pages of these origins. */
  allowFrames(res: ServerResponse, ...origins: string[]): void;
}

export type { AuditEvent, AuditPort, LogPort };
