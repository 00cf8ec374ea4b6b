import type { Request, Response } from 'express';
import { type Contact, contactTrouble, maskedContact, SETTLING } from '../../../accounts/index.ts';
import type { Account, Credential } from '../../../core/account.ts';
import { isUpstream } from '../../../core/said.ts';
import { agentOf } from '../../agents.ts';
import { type ConnectionsNeeds, connectionsOf } from '../../connections.ts';
import { localsOf, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import { type PlaceNeeds, placeOf } from '../../places.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';
import { createOwnSignIns, type OwnSignInsNeeds } from './sign-ins.ts';
import { type UnreachedNeeds, unreachedOf } from './sign-outs.ts';

/** What a notice may say after a redirect; the address names it. */
const NOTICES = [
  'method-added',
  'method-busy',
  'method-confirmed',
  'method-default',
  'method-needed',
  'method-removed',
  'method-renamed',
  'method-renewed',
  'tried',
  'phone-kept',
  'phone-moved',
  'too-many-methods',
  'link-added',
  'contact-added',
  'contact-removed',
  'questions-set',
  'questions-removed',
  'device-removed',
  'device-renewed',
  'device-not-renewed',
  'password-changed',
  'after-report',
] as const;

type ContactListNeeds = Pick<WebDeps, 'contacts' | 'reset' | 'registering' | 'questioning' | 'secretQuestions' | 'now'>;

export type OverviewNeeds = PlaceNeeds &
  OwnSignInsNeeds &
  UnreachedNeeds &
  ConnectionsNeeds &
  Pick<
    WebDeps,
    | 'now'
    | 'applications'
    | 'credentials'
    | 'devices'
    | 'enrolment'
    | 'evaluator'
    | 'issuing'
    | 'linking'
    | 'passwords'
    | 'passwordExpiry'
    | 'campaigns'
    | 'statistics'
    | 'upstreams'
  > &
  ContactListNeeds;

/** What they can be reached by, once they forgot their password; nothing where that is done elsewhere. */
function createContactList(deps: ContactListNeeds) {
  const { contacts, reset, registering, questioning, secretQuestions, now } = deps;

  function troubleOf(one: Contact, all: readonly Contact[], { email }: Account) {
    const trouble = contactTrouble(one, all, email, reset.contactRules);
    return trouble === undefined ? {} : { trouble };
  }

  async function questionsOf(account: Account): Promise<Pick<NonNullable<Pages['account']['contacts']>, 'questions'>> {
    const { setAt, askedUntil } = await secretQuestions.standing(account.id);
    const settable = questioning.allowed(account);
    if (!settable && setAt === undefined && askedUntil === undefined) return {};
    const settles = setAt !== undefined && now() - setAt < SETTLING ? { serves: setAt + SETTLING } : {};
    const set = setAt === undefined ? {} : { setAt, ...settles };
    return { questions: { settable, ...set, ...(askedUntil === undefined ? {} : { askedUntil }) } };
  }

  return async (account: Account): Promise<Pick<Pages['account'], 'contacts' | 'forgotten'>> => {
    if (reset.at === 'nowhere') return {};
    if (reset.at !== 'here') return { forgotten: '/reset' };
    const all = await contacts.ofAccount(account.id);
    const list = all.map((one) => ({
      ...{ id: one.id, kind: one.kind, to: maskedContact(one), addedAt: one.addedAt },
      ...(now() - one.addedAt < SETTLING ? { serves: one.addedAt + SETTLING } : {}),
      ...troubleOf(one, all, account),
    }));
    const questions = await questionsOf(account);
    return { forgotten: '/reset', contacts: { list, addable: registering.offered(), ...questions } };
  };
}

type Moving = NonNullable<Pages['account']['moving']>;

/** What a date of the rules will end for whoever has nothing for the time after it: the earliest. */
async function endingOf(
  { statistics, applications }: Pick<OverviewNeeds, 'statistics' | 'applications'>,
  account: Account,
  enrolled: readonly Credential[],
): Promise<Moving | undefined> {
  const open = statistics.moving.of(account, enrolled).filter(({ through }) => !through);
  const at = Math.min(...open.map((one) => one.at));
  const first = open.filter((one) => one.at === at);
  if (first.length === 0) return undefined;
  const ends = [...new Set(first.flatMap((one) => one.ends))];
  const next = [...new Set(first.flatMap(({ after }) => after))];
  const found = await Promise.all(first.map(({ application }) => applications.find(application)));
  return { at, ends, applications: found.flatMap((one) => (one ? [one.name] : [])), next };
}

/** That they still use something old, till when, and what they can set up now: a campaign says it before a rule does. */
async function movingOf(
  deps: Pick<OverviewNeeds, 'statistics' | 'enrolment' | 'applications' | 'campaigns'>,
  account: Account,
  enrolled: readonly Credential[],
): Promise<Pick<Pages['account'], 'moving'>> {
  const [led] = deps.campaigns.of(account, enrolled);
  const moving: Moving | undefined = led
    ? { at: led.end, ends: [...led.leaves], applications: [], next: [...led.offers] }
    : await endingOf(deps, account, enrolled);
  if (moving === undefined) return {};
  const offered = deps.enrolment.offered(enrolled);
  return { moving: { ...moving, next: moving.next.filter((factor) => offered.includes(factor)) } };
}

/** What losing one thing would mean. Methods on phones may all be on the same one. */
function safetyOf(
  { evaluator, enrolment }: Pick<OverviewNeeds, 'evaluator' | 'enrolment'>,
  enrolled: readonly Credential[],
): Pick<Pages['account'], 'safety'> {
  const working = enrolled.filter((one) => evaluator.isSecond(one) && evaluator.works(one));
  const own = working.filter(evaluator.isOwn);
  const [only] = own;
  if (only === undefined) return enrolment.offered(enrolled).length > 0 ? { safety: { kind: 'none', count: 0 } } : {};
  const count = own.length;
  // What is saved, or lent, is there on the day that the others aren't.
  if (working.length > count) return { safety: { kind: 'safe', count } };
  if (count === 1) return { safety: { kind: 'one', count, name: only.name } };
  const onPhones = own.every((one) => enrolment.onPhone(one) !== undefined);
  return { safety: { kind: onPhones ? 'phone' : 'safe', count } };
}

/** What to do about their methods: whoever is led to a new one isn't told as well that there is none. */
async function adviceOf(
  deps: Parameters<typeof movingOf>[0] & Parameters<typeof safetyOf>[0],
  account: Account,
  enrolled: readonly Credential[],
): Promise<Pick<Pages['account'], 'safety' | 'moving'>> {
  const { moving } = await movingOf(deps, account, enrolled);
  const { safety } = safetyOf(deps, enrolled);
  const led = moving !== undefined && moving.next.length > 0;
  return { ...(moving ? { moving } : {}), ...(safety && !(led && safety.kind === 'none') ? { safety } : {}) };
}

/** All that is somebody's own, on one page. */
export function createOverview(deps: OverviewNeeds, { forms, methods }: Pick<AccountParts, 'forms' | 'methods'>) {
  const { credentials, devices, enrolment, issuing, linking, passwords, passwordExpiry, upstreams } = deps;
  const signIns = createOwnSignIns(deps);

  const methodsOf = async (it: Member): Promise<Pages['account']['methods']> =>
    (await methods.all(it)).map(
      ({ credential, credential: { id, factor, name, createdAt, lastUsedAt }, ...state }) => ({
        ...{ id, factor, name, createdAt },
        ...enrolment.sortOf(credential),
        ...state,
        ...(lastUsedAt ? { lastUsedAt } : {}),
      }),
    );

  /** What they have set up; links to other houses are a list of their own, where there can be any. */
  async function allOf(
    it: Member,
    enrolled: readonly Credential[],
  ): Promise<Pick<Pages['account'], 'methods' | 'links'>> {
    const all = await methodsOf(it);
    const own = all.filter((method) => !isUpstream(method));
    const offered = linking.offered(it.account, enrolled);
    const addable = upstreams.flatMap(({ directory, redirects }) =>
      offered.includes(directory) ? [{ directory, house: redirects.name }] : [],
    );
    const list = all.filter(isUpstream);
    return { methods: own, ...(list.length + addable.length > 0 ? { links: { list, addable } } : {}) };
  }

  const devicesOf = async ({ account }: Member, res: Response): Promise<Pages['account']['devices']> =>
    (await devices.list(account.id, localsOf(res).browser)).map(({ userAgent, usedAt, ip, ...device }) => ({
      ...device,
      ...agentOf(userAgent),
      ...(ip === undefined ? {} : { address: ip, ...placeOf(deps, res, ip) }),
      ...(usedAt ? { lastUsedAt: usedAt } : {}),
    }));

  return async (req: Request, res: Response, it: Member): Promise<Pages['account']> => {
    const { account } = it;
    const notice = NOTICES.find((key) => key === req.query.notice);
    const enrolled = await credentials.ofAccount(account.id);
    const password = await passwordExpiry.of(account);
    return {
      csrf: forms.tokenOf(it),
      account: { username: account.username, name: account.name, ...(account.email ? { email: account.email } : {}) },
      ...(notice ? { notice: { key: `account.${notice}` }, tries: notice === 'method-added' } : {}),
      ...(await adviceOf(deps, account, enrolled)),
      unreached: await unreachedOf(deps, account.id),
      ...(await allOf(it, enrolled)),
      onPhone: enrolled.some((one) => enrolment.onPhone(one)),
      addable: enrolment.offered(enrolled),
      issuable: issuing.offered(enrolled).map(({ factor }) => factor),
      devices: await devicesOf(it, res),
      connections: (await connectionsOf(deps, account.id)).map(({ ip, of: _, ...connection }) => ({
        ...connection,
        ...(ip === undefined ? {} : { address: ip, ...placeOf(deps, res, ip) }),
      })),
      renewable: !localsOf(res).browser.shared,
      signIns: await signIns.list(account.id, res),
      changesPassword: passwords.changeable(account),
      ...(await createContactList(deps)(account)),
      ...(password ? { password } : {}),
    };
  };
}
