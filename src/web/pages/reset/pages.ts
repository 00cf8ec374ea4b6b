import { answerField, type ResetStep } from '../../../reset/index.ts';
import type { PageName, Pages } from '../../models.ts';
import { waitingAt } from '../waiting.ts';

/** What every form there is sent with; `code`: as an address out of a mail has it. */
interface Sent {
  action: string;
  csrf: string;
  code: string | undefined;
}

type ResetPage = { [N in PageName]: [page: N, model: Pages[N]] }[PageName];

/** The page of each step. */
export function resetPage({ code, ...form }: Sent, step: ResetStep): ResetPage {
  const error = step.error ? { error: step.error } : {};
  switch (step.kind) {
    case 'ways':
      return ['reset-ways', { ...form, ...error, ways: step.ways, begun: step.begun }];
    case 'sent':
      return ['reset-code', { ...form, ...error, way: step.way, again: step.again, ...(code ? { code } : {}) }];
    case 'typed':
      return ['reset-code', { ...form, ...error, way: step.way, again: false }];
    case 'questions': {
      const questions = step.questions.map((question, at) => ({ name: answerField(at), question }));
      return ['reset-questions', { ...form, ...error, questions }];
    }
    case 'prompt': {
      const { factor, prompt } = step;
      const back: Pages['prompt']['back'] = { label: { key: 'reset.back' } };
      const { action } = form;
      const waiting = 'waits' in prompt ? { waiting: waitingAt(action, `${action}?again`, step.nonce) } : {};
      return ['prompt', { ...form, ...error, application: '', factor, prompt, purpose: 'sign-in', back, ...waiting }];
    }
    case 'new-password':
      return [
        'new-password',
        {
          ...form,
          ...error,
          account: step.account,
          rules: step.rules,
          current: false,
          why: { key: 'new-password.why.reset' },
        },
      ];
    case 'done':
      return ['reset-end', { end: 'done', ...(step.works === undefined ? {} : { works: step.works }) }];
    case 'over':
      return ['reset-end', { end: 'over' }];
  }
}
