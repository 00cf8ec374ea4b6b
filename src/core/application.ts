import type { LocalizedText } from './account.ts';

/** Whatever asks for a sign-in, whichever door it uses. */
export interface Application {
  id: string;
  name: LocalizedText;
  /** Id of the door it comes through. */
  door: string;
  /** Shown on /applications. */
  description?: LocalizedText;
  /** Applications of one category stand together there. */
  category?: LocalizedText;
  homepage?: string;
  /** Its picture: a web address, or the absolute path of a file of the operator's. */
  icon?: string;
  /** Ask before data is released to it; otherwise the institution has decided. */
  consent: 'ask' | 'institution';
  /** Part of the gateway itself: not listed, no consent. */
  internal: boolean;
  /**
   * Which directories' houses its people may choose from, and in which order; of many houses some, by their own names.
   * Absent: all.
   */
  providers?: readonly { directory: string; houses?: readonly string[] | undefined }[];
  /** The door's own settings, validated by the door's schema. */
  settings: unknown;
  /** What its door releases about a person, by name: what `ask` asks for. Absent where each request says. */
  released?: readonly string[];
}

/** The registry: configured applications by id. */
export interface Applications extends ReadonlyMap<string, Application> {
  /** Finds those as well that a door brings when they are asked for; afterwards `get` has it for a while. */
  find(id: string): Promise<Application | undefined>;
}

/** A federation's member is called `<configured application>:<its own id>`; ids of configured ones never hold it. */
export const MEMBER_SEPARATOR = ':';

/** The configured application that policy knows one by. */
export function configuredId(id: string): string {
  return id.split(MEMBER_SEPARATOR, 1)[0] ?? id;
}

/** Parts of the gateway that ask for a sign-in themselves; rules may name them. */
export const INTERNAL_APPLICATIONS = [
  'sallyport-account',
  'sallyport-security',
  'sallyport-helpdesk',
  'sallyport-enrol',
] as const;
export type InternalApplication = (typeof INTERNAL_APPLICATIONS)[number];

/** Where newcomers set up their first methods. */
export const ENROLMENT: InternalApplication = 'sallyport-enrol';

const OWN_PAGES: readonly InternalApplication[] = ['sallyport-account', 'sallyport-security', 'sallyport-enrol'];

/** Where methods are set up and changed. */
export const isManaging = (application: string): boolean =>
  application === ENROLMENT || application === 'sallyport-security';

/** The account's own pages: where a method is set up, and so what a lent pass is for. */
export function isOwnPage(application: string): boolean {
  return OWN_PAGES.some((id) => id === application);
}
