import { type Request, type Response, Router } from 'express';
import type { Application } from '../../core/application.ts';
import { hasCode } from '../../core/errors.ts';
import type { Requirement, Rule } from '../../core/policy.ts';
import { localsOf, type Rendering, send, spanOf, type WebDeps } from '../context.ts';
import type { Pages } from '../models.ts';

type Demand = Pages['applications']['applications'][number]['demands'][number];
type Shown = Pages['applications']['applications'][number];
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

/** Characters of what is looked for. */
const LONGEST_SOUGHT = 100;

type VisitorNeeds = Pick<WebDeps, 'accounts' | 'core' | 'credentials' | 'evaluator'>;

/** Who is signed in: the page is there for everybody, and while a store is away. */
async function visitor(deps: VisitorNeeds, req: Request, res: Response) {
  try {
    const session = await deps.core.session(req, res);
    const account = session && (await deps.accounts.byId(session.account));
    if (!account) return undefined;
    const enrolled = deps.evaluator.isEnrolled(account, await deps.credentials.ofAccount(account.id));
    return { account, enrolled };
  } catch (error) {
    if (hasCode(error, 'ERR_STORE_UNAVAILABLE')) return undefined;
    throw error;
  }
}

export type ApplicationsPageNeeds = Rendering & VisitorNeeds & Pick<WebDeps, 'applications' | 'i18n' | 'now' | 'rules'>;

/** What is asked of one person, as rules and groups of now have it. */
function yoursOf({ deny, level, remember, perRequest }: Requirement): NonNullable<Shown['yours']> {
  if (deny) return { level: 'denied' };
  if (level === 'sfa') return { level };
  return { level, remember: perRequest || remember === 0 ? 'never' : spanOf(remember) };
}

/** What was looked for, as people compare words: without regard to case, width and accents. */
const folded = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function soughtIn(req: Request): string | undefined {
  const { q } = req.query;
  const typed = typeof q === 'string' ? q.slice(0, LONGEST_SOUGHT).toWellFormed().trim() : '';
  return typed === '' ? undefined : typed;
}

/** `/applications`: which ask for a second step, of whom, and from when; and what they ask of whoever reads it. */
export function applicationsPage(deps: ApplicationsPageNeeds): Router {
  const { evaluator, i18n, rules } = deps;
  const router = Router();

  function shownOf({ id, name, description, category, homepage, icon }: Application): Shown {
    const named = rules.filter((rule) => rule.applications === undefined || rule.applications.includes(id));
    const demands = named.flatMap(demandOf);
    demands.sort((a, b) => STRICTNESS.indexOf(a.level) - STRICTNESS.indexOf(b.level));
    return {
      name,
      ...(description === undefined ? {} : { description }),
      ...(category === undefined ? {} : { category }),
      ...(homepage === undefined ? {} : { homepage }),
      ...(icon === undefined ? {} : { icon }),
      // No rule names a level: the default holds.
      demands: demands.length > 0 ? demands : [DEFAULT],
      steps: named.flatMap((rule) => stepsOf(rule, deps.now())),
    };
  }

  router.get('/applications', async (req, res) => {
    const person = await visitor(deps, req, res);
    const { browser, locale } = localsOf(res);
    if (person) localsOf(res).person = { name: person.account.name };
    const all = [...deps.applications.values()].filter(({ internal }) => !internal);
    const sought = soughtIn(req);
    const words = folded(sought ?? '').split(/\s+/u);
    const fits = ({ name, description = '', category = '' }: Application) => {
      const said = folded([name, description, category].map((text) => i18n.localized(locale, text)).join(' '));
      return words.every((word) => said.includes(word));
    };
    const applications = all.filter(fits).map((application) => {
      if (person === undefined) return shownOf(application);
      const asked = evaluator.asksOf(person.account, person.enrolled, application.id, browser);
      return { ...shownOf(application), yours: yoursOf(asked) };
    });
    send(deps, res, 'applications', { ...(sought === undefined ? {} : { sought }), count: all.length, applications });
  });
  return router;
}
