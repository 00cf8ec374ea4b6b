import type { z } from 'zod';
import type { LocalizedText } from './account.ts';
import type { Argon2 } from './argon2.ts';
import type { PasswordDue } from './assurance.ts';
import type { AuditPort } from './audit-port.ts';
import type { Examine } from './finding.ts';
import type { HouseRoute } from './house.ts';
import type { Keyring, KeyringOptions } from './keyring.ts';
import type { WorkMeter } from './load.ts';
import type { LogPort } from './log.ts';
import type { SignInWith } from './logins.ts';
import type { Person } from './person.ts';
import type { Consequences, ProgramRoutes } from './program.ts';
import type { Sealer } from './seal.ts';
import type { SealedPlace } from './sealed.ts';
import type { DurableStore, EphemeralStore, RecordStore } from './store.ts';
import type { Redirects } from './upstream.ts';

export type { PasswordState, Person } from './person.ts';

/** Those that are due were right. */
export type PasswordVerdict = 'ok' | PasswordDue | 'wrong' | 'unavailable';

/** How somebody stands, without all else that is known of them. */
export type Standing = Pick<Person, 'key' | 'status' | 'statusReason'>;

/**
 * What a directory tells of itself without being asked of anybody. Whatever it answers was answered to the end: where a
 * part is missing it throws ERR_DIRECTORY_UNAVAILABLE.
 */
export interface Changes {
  /** Where the directory is now, in its own words: asked before everybody is looked at, and kept. */
  here(): Promise<string>;
  /**
   * Tells the keys of all who may have changed since, a page at a time, those who are nobody there any more among them
   * as far as it knows; answers where to go on. Undefined: it can't go on from there, and everybody must be looked at.
   */
  since(cursor: string, each: (keys: readonly string[]) => Promise<void>): Promise<string | undefined>;
  /** Everybody, a page at a time. */
  everybody(): AsyncIterable<readonly Standing[]>;
}

/**
 * Where people come from, and where passwords are checked. Whatever asks it throws ERR_DIRECTORY_UNAVAILABLE while it
 * can't be asked: nobody is gone because of that.
 */
export interface Directory {
  /**
   * By user name, compared as the directory does. Throws ERR_AMBIGUOUS for a name of more than one: it is nobody's, and
   * neither is it that of somebody in another directory.
   */
  find(username: string): Promise<Person | undefined>;
  /** Whose mail address this is: two, or ERR_AMBIGUOUS, where it is that of more than one. Absent: nobody goes by it here. */
  byEmail?(address: string): Promise<Person[]>;
  byKey(key: string): Promise<Person | undefined>;
  /** Everybody, a few at a time, where the directory can tell: for reports about those who never signed in. */
  list?(): AsyncIterable<Person>;
  /** For the watch, which ends what those have who may not sign in any more. Absent: they are out at the next use. */
  readonly changes?: Changes;
  /** With no key it does the same work and answers `wrong`. Throws OverloadedError where it wasn't looked at. */
  verifyPassword(key: string | undefined, password: string): Promise<PasswordVerdict>;
  /** It has no passwords: nobody is looked for in it by what they type beside one. */
  readonly passwordless?: true;
  /** The way in by another house's sign-in page. */
  readonly redirects?: Redirects;
  /** What the house behind it calls. */
  readonly answers?: readonly HouseRoute[];
  /**
   * `current`: the present one, where the person has just given it. Throws PasswordRefusedError for a password
   * that it doesn't take. Absent: passwords are changed elsewhere. `owner`: the person chose it, and how many former
   * ones it may not be; a directory that has a history of its own goes by that.
   */
  changePassword?(key: string, password: string, current?: string, owner?: { history: number }): Promise<void>;
  /**
   * After how many wrong passwords it locks an account by itself; all that come from here stay below that. Undefined
   * where it doesn't, or doesn't say. It may be asked at every attempt. Absent: it counts none.
   */
  lockout?(): Promise<DirectoryLockout | undefined>;
  /** What programs call to keep its people as they are elsewhere. */
  readonly serves?: ProgramRoutes;
  /** Ends its connections. */
  close?(): Promise<void>;
}

export interface DirectoryLockout {
  failures: number;
  /** How long one counts, milliseconds. */
  window: number;
}

export interface DirectoryPorts {
  /** Its name in the configuration. */
  id: string;
  now(): number;
  random(bytes: number): Uint8Array;
  /** The directory's own records, where it keeps people itself. */
  records: RecordStore;
  /** Further records of its own, apart from those. */
  recordsOf(what: string): RecordStore;
  /** By what people sign in: a directory that keeps them itself gives no name to two. */
  signInWith: SignInWith;
  log: LogPort;
  /** Guarded: public addresses and the allowed ones, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  /** What it takes to speak with another house in a protocol of keys and documents. */
  house: HousePorts;
  /** What passwords must be, for those that somebody else sets. Absent: nobody says. */
  passwords?: PasswordsPort;
  /** Told of passwords that wait to be hashed, where somebody measures. */
  work?: WorkMeter;
  /** Hashes passwords behind everything else; without, in the threads that files and look-ups need too. */
  argon2?: Argon2;
}

/** Of a directory whose people sign in elsewhere. */
export interface HousePorts {
  /** Address of `Directory.answers`, and where whoever has left comes back to. */
  base: string;
  back: string;
  institution: { name: LocalizedText };
  locales: readonly string[];
  /** Whether a house that goes by one of these names is told by a door what people prove here, and may say it again. */
  repeatsUs(names: readonly string[]): boolean;
  /** Signing keys of a purpose, made on first use, kept and rolled over on all nodes alike. */
  keyring(purpose: string, options: KeyringOptions): Promise<Keyring>;
  /** For what was fetched: shared with all of its kind, under names that the module declares (`sealed`). */
  durable: Pick<DurableStore, 'state' | 'records'>;
  sealer: Sealer;
  /** Where browsers are after they signed out. */
  signedOut: string;
  /** For what is good once, and for what it takes to end a session there or to ask whether somebody is there. */
  ephemeral: Pick<EphemeralStore, 'add' | 'get' | 'set' | 'take'>;
  audit: Pick<AuditPort, 'note'>;
}

/** The policy's rules, for whoever sets another one's password: a command, a file. */
export interface PasswordsPort {
  /** All that speaks against one for this person, in words for operators; none is none. */
  faults(password: string, person: Omit<Person, 'key' | 'status'>): Promise<string[]>;
  /** Most characters that one of theirs may have, and how many former ones are remembered. */
  bounds(person: Pick<Person, 'groups'>): { maximum: number; history: number };
}

export interface DirectoryModule<S = unknown> {
  readonly id: string;
  readonly settings: z.ZodType<S>;
  /** What `sallyport doctor` is told. */
  readonly examine?: Examine<S>;
  /** Where in its settings files are named: they are relative to the configuration's folder. */
  readonly files?: readonly (readonly string[])[];
  /** Where it keeps sealed values in the durable store. */
  readonly sealed?: readonly SealedPlace[];
  create(settings: S, ports: DirectoryPorts): Directory;
  /** What people call the house that its way in leads to. */
  called?(settings: S): LocalizedText;
  /** It leads to many houses, of which people say which is theirs. */
  leadsToMany?(settings: S): boolean;
  /** Where programs call it (`ProgramRoutes.base`), and which of its settings says so; undefined where none do. */
  programs?(settings: S): { base: string; setting: readonly string[] } | undefined;
  /** Commands of the CLI, run where the data is owned. */
  readonly commands?: readonly Command<Directory>[];
}

/** Whether it was the right password, whatever else the directory says of it. */
export const isRight = (verdict: PasswordVerdict): boolean => verdict !== 'wrong' && verdict !== 'unavailable';

/** A CLI command that a plug-in brings. Input and output are text, so that it can run in the server process. */
export interface Command<T> {
  /** Words after `sallyport`: `user add`. */
  readonly name: string;
  readonly summary: string;
  /**
   * Usage of positional arguments and options, as commander reads them. An option with the value `<file>` arrives as
   * that file's contents, read by the CLI; the path `-` is standard input.
   */
  readonly arguments?: readonly { name: string; description: string }[];
  readonly options?: readonly { flags: string; description: string }[];
  /**
   * Standard input holds a password: at a terminal it is asked for, without echo, and may be left
   * empty. `present-password`: one that there is, where the option `--bind` says so. `typed`: whatever a person would
   * type, asked for once without echo.
   */
  readonly stdin?: 'password' | 'present-password' | 'typed';
  run(target: T, input: CommandInput): Promise<CommandResult>;
}

export interface CommandInput {
  args: string[];
  options: Record<string, string | boolean | undefined>;
  /** Standard input, or the file that the argument `file` names, read by the CLI itself. */
  stdin?: string;
}

export interface CommandResult extends Consequences {
  lines: string[];
  exitCode: number;
}

/**
 * Whether a directory may name people in this domain, or without one: any of ours does, another house where the operator
 * says so. Nobody's is a directory that isn't there any more.
 */
export function mayNameIn(directory: Directory | undefined, domain: string | undefined): boolean {
  if (directory?.redirects === undefined) return directory !== undefined;
  if (domain === undefined) return false;
  return directory.redirects.speaksFor.some((own) => domain === own || domain.endsWith(`.${own}`));
}

/** What stands behind the last `@` of a name, in lower case. */
export const domainIn = (name: string): string | undefined => /@([^@\s]+)$/.exec(name)?.[1]?.toLowerCase();
