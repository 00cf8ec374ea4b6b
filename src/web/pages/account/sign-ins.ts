import type { Response } from 'express';
import type { Reported } from '../../../core/reported.ts';
import type { AuditEntry } from '../../../core/store.ts';
import { agentOf } from '../../agents.ts';
import { localsOf, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import { type PlaceNeeds, placeOf } from '../../places.ts';

type Row = Pages['account']['signIns'][number];

const OUTCOMES: Readonly<Record<string, Row['outcome']>> = {
  'sign-in.completed': 'success',
  'sign-in.refused': 'failure',
  'sign-in.locked': 'failure',
  'sign-in.denied': 'refused',
};
const EVENTS = Object.keys(OUTCOMES);

/** How many are shown, and how many more can come while somebody looks at them. */
const SHOWN = 20;
const FOUND = 200;

export type OwnSignInsNeeds = PlaceNeeds & Pick<WebDeps, 'applications' | 'durable' | 'i18n' | 'reports'>;

/** An account's recent sign-ins, as its owner sees them. */
export function createOwnSignIns(deps: OwnSignInsNeeds) {
  const { audit } = deps.durable;

  async function rowOf(entry: AuditEntry, res: Response, reported: ReadonlySet<number>): Promise<Row> {
    const { id, at, application, event } = entry;
    const { ip = '', userAgent = '', factor } = reportedOf(entry);
    const name = application === undefined ? undefined : (await deps.applications.find(application))?.name;
    return {
      id,
      at,
      ...(name === undefined ? {} : { application: name }),
      method: factor === undefined ? '' : deps.i18n.text(localsOf(res).locale, { key: 'method' }, factor),
      ...believedOf(entry),
      ...agentOf(userAgent),
      address: ip,
      ...placeOf(deps, res, ip),
      ...(await connectionIn(entry)),
      outcome: OUTCOMES[event] ?? 'failure',
      reported: reported.has(at),
      ...(deps.reports.isLate({ at }) ? { late: true } : {}),
    };
  }

  /** By which connection it was, where one stood for the second step. */
  async function connectionIn({ detail: { connection } }: AuditEntry): Promise<Pick<Row, 'connection'>> {
    const { application, at } = (connection ?? {}) as { application?: string; at?: number };
    if (application === undefined || at === undefined) return {};
    return { connection: { application: (await deps.applications.find(application))?.name ?? application, at } };
  }

  /** When those sign-ins were that the account has reported. */
  async function timesReported(account: string): Promise<Set<number>> {
    const entries = await audit.ofAccount(account, { limit: FOUND, events: ['report.made'] });
    return new Set(entries.map(({ detail }) => Number((detail.reported as { at?: unknown } | undefined)?.at)));
  }

  return {
    async list(account: string, res: Response): Promise<Row[]> {
      const [entries, reported] = await Promise.all([
        audit.ofAccount(account, { limit: SHOWN, events: EVENTS }),
        timesReported(account),
      ]);
      return Promise.all(entries.map((entry) => rowOf(entry, res, reported)));
    },

    /** One of this very account, by its id; undefined where it has none such. */
    async find(account: string, id: unknown, res: Response): Promise<{ row: Row; about: Reported } | undefined> {
      const entries = await audit.ofAccount(account, { limit: FOUND, events: EVENTS });
      const entry = entries.find((one) => one.id === id);
      if (entry === undefined) return undefined;
      return { row: await rowOf(entry, res, await timesReported(account)), about: reportedOf(entry) };
    },
  };
}

/** What the last house said, of those that were asked. */
function believedOf({ detail }: AuditEntry): Pick<Row, 'believed'> {
  const all = Array.isArray(detail.believed) ? (detail.believed as Believed[]) : [];
  const last = all.at(-1);
  if (last === undefined) return {};
  const worth = last.kinds.length < 2 ? 'one' : last.phishingResistant ? 'resistant' : 'two';
  const words = Object.entries(last.said).map(([name, values]) => `${name}: ${values.join(', ')}`);
  // Of a federation which house.
  const said = [...(last.house === undefined ? [] : [last.house]), ...words].join('; ');
  return { believed: { key: `upstream.believed.${words.length === 0 ? 'nothing' : worth}`, values: { said } } };
}

interface Believed {
  house?: string;
  kinds: string[];
  phishingResistant: boolean;
  said: Record<string, string[]>;
}

/** The facts of a sign-in as the audit has them. */
function reportedOf({ at, application, detail }: AuditEntry): Reported {
  const text = (key: string) => (typeof detail[key] === 'string' ? detail[key] : undefined);
  const factors = Array.isArray(detail.factors) ? detail.factors.map(String) : [text('factor') ?? ''];
  const factor = factors.filter(Boolean).at(-1);
  const [ip, userAgent] = [text('ip'), text('userAgent')];
  return {
    what: 'sign-in',
    at,
    ...(application === undefined ? {} : { application }),
    ...(ip === undefined ? {} : { ip }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(factor === undefined ? {} : { factor }),
  };
}
