import { reaches } from '../core/assurance.ts';
import type { Reason, Requirement } from '../core/policy.ts';
import type { Assessment } from './assess.ts';
import type { Later } from './calendar.ts';
import { columns } from './columns.ts';
import { durationWords } from './words.ts';

/** What `sallyport policy explain` shows. Times are epoch milliseconds. */
export interface ExplainInput {
  /** Id of the application. */
  application: string;
  /** Absent: the decision before the person is known. */
  account?: {
    username: string;
    name?: string;
    /** Undefined: the directory doesn't say. */
    groups: readonly string[] | undefined;
    enrolled: boolean;
    /** What is enrolled proves nothing any more: to policy it counts, since it grants no new grace. */
    suspended?: boolean;
  };
  networks: readonly string[];
  now: number;
  requirement: Requirement;
  /** How it will change by the calendars of rules. */
  later?: readonly Later[];
  /** How a sign-in would stand, on a remembered device or on another one. */
  trial?: { device: 'trusted' | 'none'; assessment: Assessment };
}

type Row = readonly [string, string];

/** The decision and its reasons as plain text: facts, requirement, and a line per rule. Ends in a newline. */
export function explain(input: ExplainInput): string {
  const facts = factRows(input);
  const decision = [...decisionRows(input.requirement), ...laterRows(input.later ?? [])];
  const sides = columns([...facts, ...decision, ...trialRows(input.trial)]);
  return [
    ...sides.slice(0, facts.length),
    '',
    ...sides.slice(facts.length),
    '',
    ...columns([['rule', 'effect', 'demands', 'until'], ...input.requirement.reasons.map(reasonRow)]),
    '',
  ].join('\n');
}

function factRows({ application, account, networks, now }: ExplainInput): Row[] {
  return [
    ['application', application],
    ['account', account ? [account.username, account.name].filter(Boolean).join(', ') : 'not known yet'],
    ...(account
      ? ([
          [
            'groups',
            account.groups ? listed(account.groups) : 'not known: rules that name groups hold, and so does the default',
          ],
          ['enrolled', enrolledWords(account)],
        ] as const)
      : []),
    ['networks', listed(networks)],
    ['time', time(now)],
  ];
}

function enrolledWords({ enrolled, suspended }: NonNullable<ExplainInput['account']>): string {
  if (enrolled && suspended) return 'yes, but suspended: no method can be used';
  return enrolled ? 'yes' : 'no';
}

function decisionRows(requirement: Requirement): Row[] {
  const { deny, level, freshness, factors, firstEnrolment, connection, withoutDirectory } = requirement;
  return [
    ['decision', deny ? 'deny' : 'allow'],
    ['level', level],
    ['freshness', freshness === undefined ? 'as long as the session' : durationWords(freshness)],
    ['factors', factors ? listed(factors) : 'any'],
    ['remember', rememberWords(requirement)],
    ...(connection === undefined
      ? []
      : [['connection', `a second factor of ${durationWords(connection)} ago or later`] as const]),
    ['first enrolment', firstEnrolment ? 'allowed' : 'not allowed'],
    ...(withoutDirectory === undefined ? [] : [['directory away', absenceWords(withoutDirectory)] as const]),
  ];
}

/** A line for each date on which other factors are let in. */
function laterRows(later: readonly Later[]): Row[] {
  return later.map(({ at, requirement: { deny, factors } }) => [
    `from ${time(at)}`,
    deny ? 'deny' : `factors ${factors ? listed(factors) : 'any'}`,
  ]);
}

function rememberWords({ perRequest, remember, level }: Requirement): string {
  if (perRequest) return 'never: a second factor in each request';
  if (remember > 0) return durationWords(remember);
  return reaches(level, 'phr') ? 'not accepted: a device never exceeds mfa' : 'not accepted';
}

function absenceWords(withoutDirectory: number): string {
  return `a passkey opens, on a state that was known ${durationWords(withoutDirectory)} ago or later`;
}

function trialRows(trial: ExplainInput['trial']): Row[] {
  if (!trial) return [];
  return [
    ['device', trial.device === 'trusted' ? 'remembered' : 'not remembered'],
    ['after the first factor', resultWords(trial.assessment)],
  ];
}

function resultWords({ satisfied, missing, remembered, unreachable }: Assessment): string {
  if (missing === 'denied') return 'refused';
  if (unreachable) return 'refused: the requested class is out of reach';
  if (missing === 'first') return 'the first factor is asked for again';
  if (!satisfied) return 'a second factor is asked for';
  return remembered ? 'signed in, the device stands for the second factor' : 'signed in';
}

function reasonRow({ rule, effect, demands, until }: Reason): string[] {
  return [rule, effect, demands.length > 0 ? demands.join(', ') : '-', until === undefined ? '-' : time(until)];
}

function listed(values: readonly string[]): string {
  return values.length > 0 ? values.join(', ') : 'none';
}

function time(at: number): string {
  return new Date(at).toISOString();
}
