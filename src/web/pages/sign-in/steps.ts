import type { Message } from '../../../core/prompt.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { spanOf } from '../../context.ts';
import type { PageName, Pages } from '../../models.ts';
import { waitingAt } from '../waiting.ts';
import type { View } from './view.ts';

/** All that have a page: where it is done, the browser goes to the application. */
export type ShownStep = Exclude<Step, { kind: 'done' }>;

type Of<K extends ShownStep['kind']> = Extract<ShownStep, { kind: K }>;

/** A page by its name, with its model and, where it isn't 200, its status. */
type StepPage = { [N in PageName]: [page: N, model: Pages[N], status?: number] }[PageName];

/** The page of each kind of step. */
export function pageOf(view: View, step: ShownStep): StepPage {
  switch (step.kind) {
    case 'prompt':
      return ['prompt', promptOf(view, step)];
    case 'choose':
      return ['choose-method', methodsOf(view, step)];
    case 'choose-enrolment':
      return ['choose-enrolment', enrolmentsOf(view, step)];
    case 'select-account':
      return ['select-account', accountsOf(view, step)];
    case 'lost':
      return ['lost', { ...formOf(view), account: personOf(view) }];
    case 'suggest':
      return ['suggest', { ...formOf(view), account: personOf(view), factor: step.factor }];
    case 'move':
      return ['move', moveOf(view, step)];
    case 'remind':
      return ['remind', remindOf(view, step)];
    case 'new-password':
      return ['new-password', passwordOf(view, step)];
    case 'remember':
      return ['remember', rememberOf(view, step)];
    case 'refused':
      return ['refused', refusalOf(view, step), 403];
  }
}

const formOf = ({ base, csrf, asks }: View) => ({ action: base, csrf, ...asks });
const personOf = ({ account }: View) => account ?? { username: '', name: '' };
const errorOf = ({ error }: ShownStep) => (error ? { error } : {});
const cancelOf = ({ base }: View) => `${base}/cancel`;
const switchOf = ({ base, account }: View) => (account ? { switchAccount: `${base}/switch` } : {});
const walkOf = ({ progress }: View) => (progress ? { progress } : {});

function moveOf(view: View, { leaves, factors, ends, snooze }: Of<'move'>): Pages['move'] {
  return { ...formOf(view), account: personOf(view), leaves, factors, ends, again: spanOf(snooze) };
}

function promptOf(view: View, step: Of<'prompt'>): Pages['prompt'] {
  const { base, account } = view;
  const { factor, prompt, purpose, why, nonce } = step;
  const walk = purpose === 'enrol' ? walkOf(view) : {};
  return {
    ...formOf(view),
    ...{ factor, prompt, purpose },
    ...walk,
    // The line above the heading says that already, or the walk that it is a step of.
    ...(why === 'why.first' || 'progress' in walk ? {} : { why: { key: why, values: { application: view.named } } }),
    ...(account ? { account } : {}),
    ...switchOf(view),
    ...errorOf(step),
    ...(step.also.length > 0 ? { also: step.also } : {}),
    ...('waits' in prompt && !view.still ? { waiting: waitingAt(base, base, nonce) } : {}),
    ...(view.forgotten && [step, ...step.also].some((one) => one.prompt.kind === 'secret')
      ? { forgotten: view.forgotten }
      : {}),
    ...([step, ...step.also].some((one) => one.prompt.kind === 'redirect')
      ? { departs: `${base}/leave?step=${nonce}` }
      : {}),
    ...(view.houses ? { houses: view.houses } : {}),
    ...(step.second ? { cannot: `${base}/methods` } : {}),
    ...(step.optional ? { optional: true } : { cancel: cancelOf(view) }),
  };
}

function methodsOf(view: View, step: Of<'choose'>): Pages['choose-method'] {
  return {
    ...formOf(view),
    account: personOf(view),
    methods: step.methods.map(({ factor, ...rest }) => ({ value: factor, factor, ...rest })),
    lends: step.lends,
    ...errorOf(step),
    back: view.base,
    cancel: cancelOf(view),
  };
}

function enrolmentsOf(view: View, { factors, optional, lends }: Of<'choose-enrolment'>): Pages['choose-enrolment'] {
  const { base, instead } = view;
  return {
    ...formOf(view),
    account: personOf(view),
    factors: view.choices(factors),
    ...walkOf(view),
    ...(optional ? { optional: true } : { cancel: cancelOf(view) }),
    ...(instead ? { lends, back: base } : {}),
    ...(instead || optional ? {} : { cannot: `${base}/methods` }),
  };
}

function accountsOf(view: View, step: Of<'select-account'>): Pages['select-account'] {
  return { ...formOf(view), account: personOf(view), ...errorOf(step), cancel: cancelOf(view) };
}

function remindOf(view: View, { expires, overdue, here }: Of<'remind'>): Pages['remind'] {
  return { ...formOf(view), account: personOf(view), expires, overdue: overdue === true, here };
}

function passwordOf(view: View, step: Of<'new-password'>): Pages['new-password'] {
  return {
    ...{ action: view.base, csrf: view.csrf, application: view.asks.application },
    account: personOf(view),
    rules: step.rules,
    current: step.due !== undefined,
    why: { key: `new-password.why.${step.due ?? 'held'}` },
    ...errorOf(step),
    ...(step.optional ? { optional: true } : { cancel: cancelOf(view) }),
  };
}

function rememberOf(view: View, { window }: Of<'remember'>): Pages['remember'] {
  return { ...formOf(view), account: personOf(view), window: spanOf(window) };
}

function refusalOf(view: View, step: Of<'refused'>): Pages['refused'] {
  return {
    ...view.asks,
    message: { ...step.message, values: { application: view.named } },
    ...adviceOn(step.message),
    ...errorOf(step),
    // From there the way would lead back here.
    ...(step.setUp && !view.internal ? { setUp: '/account' } : {}),
    action: cancelOf(view),
    csrf: view.csrf,
    ...switchOf(view),
  };
}

/** Who can't help themselves is told who can. */
function adviceOn({ key }: Message): { advice: Message; contact?: true; pass?: true } {
  if (key === 'enrolment-needs-pass') return { advice: { key: 'enrol.pass' }, contact: true, pass: true };
  if (key.startsWith('stopped.')) return { advice: { key: 'stopped.advice' }, contact: true };
  return key.startsWith('held.') || key.startsWith('due.')
    ? { advice: { key: 'held.advice' }, contact: true }
    : { advice: { key: 'ask-help-desk' } };
}
