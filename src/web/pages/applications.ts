import { type Request, type Response, Router } from 'express';
import { hasCode } from '../../core/errors.ts';
import type { Rule } from '../../core/policy.ts';
import { localsOf, type Rendering, send, spanOf, type WebDeps } from '../context.ts';
import type { Pages } from '../models.ts';

type Demand = Pages['applications']['applications'][number]['demands'][number];
type Steps = Pages['applications']['applications'][number]['steps'][number];

function whoseOf({ groups = [], notGroups = [], networks = [], notNetworks = [] }: Rule) {
  return {
    ...{ groups: [...groups], notGroups: [...notGroups] },
    ...{ networks: [...networks], notNetworks: [...notNetworks] },
  };
}

/** By which factors a rule lets people go on, from now on; nothing where it names none, or none any more. */
function stepsOf(rule: Rule, now: number): Steps[] {
  const { from = 0, factors, calendar = factors ? [{ use: factors }] : [] } = rule;
  const periods = calendar.flatMap(({ use, until, ...period }) => {
    const since = Math.max(from, period.from ?? 0);
    if (until !== undefined && until <= Math.max(now, since)) return [];
    return [{ factors: [...use], ...(since > now ? { from: since } : {}), ...(until === undefined ? {} : { until }) }];
  });
  return periods.length === 0 ? [] : [{ ...whoseOf(rule), periods }];
}

/** What a rule asks, as the page shows it; nothing where it is about other things. */
function demandOf(rule: Rule): Demand[] {
  if (rule.level === undefined && rule.deny !== true) return [];
  const level = rule.deny === true ? 'denied' : (rule.level ?? 'mfa');
  const remember = level === 'sfa' || level === 'denied' ? undefined : (rule.remember ?? 'never');
  return [
    {
      level,
      ...whoseOf(rule),
      ...(remember === undefined ? {} : { remember: typeof remember === 'number' ? spanOf(remember) : remember }),
      ...(rule.from === undefined ? {} : { from: rule.from }),
    },
  ];
}

/** What holds where no rule names a level. */
const DEFAULT: Demand = { level: 'mfa', groups: [], notGroups: [], networks: [], notNetworks: [], remember: 'never' };

const STRICTNESS = ['sfa', 'mfa', 'phr', 'phrh', 'denied'];

type VisitorNeeds = Pick<WebDeps, 'accounts' | 'core'>;

/** Who is signed in, for the header alone: the page is there for everybody, and while a store is away. */
async function visitor(deps: VisitorNeeds, req: Request, res: Response): Promise<{ name: string } | undefined> {
  try {
    const session = await deps.core.session(req, res);
    const account = session && (await deps.accounts.byId(session.account));
    return account && { name: account.name };
  } catch (error) {
    if (hasCode(error, 'ERR_STORE_UNAVAILABLE')) return undefined;
    throw error;
  }
}

export type ApplicationsPageNeeds = Rendering & VisitorNeeds & Pick<WebDeps, 'applications' | 'now' | 'rules'>;

/** `/applications`: which ask for a second step, of whom, and from when. */
export function applicationsPage(deps: ApplicationsPageNeeds): Router {
  const router = Router();
  router.get('/applications', async (req, res) => {
    const person = await visitor(deps, req, res);
    if (person) localsOf(res).person = person;
    const applications = [...deps.applications.values()]
      .filter(({ internal }) => !internal)
      .map(({ id, name, description, homepage, icon }) => {
        const named = deps.rules.filter((rule) => rule.applications === undefined || rule.applications.includes(id));
        const demands = named.flatMap(demandOf);
        demands.sort((a, b) => STRICTNESS.indexOf(a.level) - STRICTNESS.indexOf(b.level));
        return {
          name,
          ...(description === undefined ? {} : { description }),
          ...(homepage === undefined ? {} : { homepage }),
          ...(icon === undefined ? {} : { icon }),
          // No rule names a level: the default holds.
          demands: demands.length > 0 ? demands : [DEFAULT],
          steps: named.flatMap((rule) => stepsOf(rule, deps.now())),
        };
      });
    send(deps, res, 'applications', { applications });
  });
  return router;
}
