import type { Response } from 'express';
import type { Account, Credential, LocalizedText } from '../../../core/account.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import { type ConnectionsNeeds, connectionsOf } from '../../connections.ts';
import type { WebDeps } from '../../context.ts';
import type { DeskRefusal } from '../../help-desk-models.ts';
import type { Pages } from '../../models.ts';
import { placeOf } from '../../places.ts';
import { createOwnSignIns, type OwnSignInsNeeds } from '../account/sign-ins.ts';
import { REFUSALS, told } from './refusal.ts';
import { deskTroubles, type TroublesNeeds } from './troubles.ts';

type Dossier = Omit<Pages['help-desk-person'], 'notice'>;

type Method = Dossier['methods'][number];

const REPORTS = 20;

export type DossierNeeds = OwnSignInsNeeds &
  TroublesNeeds &
  ConnectionsNeeds &
  Pick<
    WebDeps,
    | 'accounts'
    | 'attempts'
    | 'core'
    | 'credentials'
    | 'devices'
    | 'enrolment'
    | 'evaluator'
    | 'helpDesk'
    | 'holds'
    | 'issuing'
  >;

/** Everything that helps to help one person, as far as this agent may act on it. */
export function createDossier(deps: DossierNeeds) {
  const { core, durable, helpDesk, accounts, attempts, credentials, evaluator, devices, holds, issuing, reports } =
    deps;
  const ownSignIns = createOwnSignIns(deps);

  const nameOf = async (application: string | undefined): Promise<LocalizedText | undefined> =>
    application === undefined ? undefined : ((await deps.applications.find(application))?.name ?? application);

  /** Why they got no further the last time: policy's own reasons, where it was policy. */
  async function refusalOf(account: string): Promise<DeskRefusal | undefined> {
    const [entry] = await durable.audit.ofAccount(account, { limit: 1, events: REFUSALS });
    if (entry === undefined) return undefined;
    const application = await nameOf(entry.application);
    return { at: entry.at, ...(application === undefined ? {} : { application }), ...told(entry) };
  }

  /** In the factor's words, as its owner is told: used up, or so many left. */
  function stateOf(credential: Credential): Pick<Method, 'state'> {
    const { state } = issuing.stateOf(credential);
    return state === undefined ? {} : { state: state.message };
  }

  /** Why it can't be used, if it can't. */
  function suspension(credential: Credential): Pick<Method, 'suspended'> {
    if (credential.suspendedAt !== undefined) return { suspended: 'reported' };
    return evaluator.works(credential) ? {} : { suspended: 'untrusted' };
  }

  async function sessionsOf(account: string, res: Response): Promise<Dossier['sessions']> {
    const [sessions, connections] = await Promise.all([core.sessionsOf(account), connectionsOf(deps, account)]);
    const own = connections.map(({ since, application, ip, endable, ending }) => ({
      ...{ since, applications: [application] },
      ...(ip === undefined ? {} : { address: ip, ...placeOf(deps, res, ip) }),
      ...(!endable ? { held: 'stays' as const } : ending ? { held: 'ending' as const } : {}),
    }));
    const browsers = await Promise.all(
      sessions.map(async ({ since, applications }) => {
        const names = await Promise.all(applications.map(nameOf));
        return { since, applications: names.filter((name) => name !== undefined) };
      }),
    );
    return [...browsers, ...own];
  }

  async function reportsOf(account: string): Promise<Dossier['reports']> {
    const found = await reports.list({ account, limit: REPORTS });
    return Promise.all(
      found.map(async ({ id, madeAt, about, handled }) => {
        const application = await nameOf(about.application);
        return {
          ...{ id, at: madeAt, what: about.what, about: about.at },
          ...(application === undefined ? {} : { application }),
          ...(handled ? { handled: { at: handled.at, reason: handled.reason } } : {}),
        };
      }),
    );
  }

  return async (agent: Agent, person: Account, here: string, res: Response): Promise<Dossier> => {
    const { id, username, name, email, groups = [] } = person;
    const [all, stopped, hold, refusal, recent] = await Promise.all([
      credentials.ofAccount(id),
      attempts.stopped(id),
      holds.of(id),
      refusalOf(id),
      ownSignIns.list(id, res),
    ]);
    return {
      here,
      person: { username, name, ...(email ? { email } : {}), groups, status: await accounts.status(person) },
      ...(hold ? { hold: { at: hold.at, reason: hold.reason } } : {}),
      locks: (await helpDesk.locks(id)).map((lock) => ({ ...lock, factor: lock.factor.replace(/^enrol-/, '') })),
      ...(refusal ? { refusal } : {}),
      troubles: (await deskTroubles(deps)).filter(({ state }) => state === 'unavailable'),
      methods: all.map((credential) => ({
        id: credential.id,
        factor: credential.factor,
        name: credential.name,
        ...deps.enrolment.sortOf(credential),
        createdAt: credential.createdAt,
        ...(credential.lastUsedAt ? { lastUsedAt: credential.lastUsedAt } : {}),
        ...(stopped.has(credential.id) ? { suspended: 'stopped' as const } : {}),
        ...suspension(credential),
        ...stateOf(credential),
      })),
      devices: (await devices.list(id)).length,
      sessions: await sessionsOf(id, res),
      signIns: recent.map(({ id: _, reported: __, ...row }) => row),
      reports: await reportsOf(id),
      can: {
        issue: agent.may('issue', person) ? helpDesk.issuable().map(({ factor }) => factor) : [],
        assign: agent.may('assign', person) ? helpDesk.assignable() : [],
        remove: agent.may('remove', person),
        unlock: agent.may('unlock', person),
        endSessions: agent.may('end-sessions', person),
        handle: agent.may('reports', person),
      },
    };
  };
}
