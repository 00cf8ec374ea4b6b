import type { Prompt } from '../core/prompt.ts';
import { ASKED } from './asked.ts';
import type { PageName, Pages } from './models.ts';

/** A drawing of `views/parts/scene.eta`, or `method`: the picture of its factor. */
export interface Drawn {
  scene: string;
  factor?: string;
}

type Scenes = { readonly [N in PageName]?: string | ((model: Pages[N]) => Drawn | string) };

/** By the page for one task. Those that have none are gone in a moment. */
const SCENES: Scenes = {
  home: 'enter',
  enrol: 'enter',
  prompt: ({ factor, prompt, account }) => sceneOfPrompt(prompt, factor, account !== undefined),
  houses: 'houses',
  'choose-method': 'choose',
  'choose-enrolment': 'choose',
  lost: 'lost',
  enrolled: 'done',
  'select-account': 'select',
  suggest: ({ factor }) => ({ scene: 'method', factor }),
  move: 'move',
  remember: 'yours',
  consent: 'ask',
  refused: 'closed',
  'sign-out': 'out',
  'signed-out': 'out',
  leaving: 'out',
  error: ({ key, turn }) => (key === 'not-found' ? 'signpost' : turn === 'time' ? 'wait' : 'trouble'),
  'not-me': 'guard',
  reported: 'guard',
  phone: 'move',
  'phone-remove': 'move',
  'account-confirm': ({ asked }) => ASKED[asked],
  'account-elder': 'guard',
  'account-rename': 'tag',
  'account-link': 'linked',
  'account-issue': ({ factor }) => ({ scene: 'method', factor }),
  'account-questions': 'lock',
  'account-contact': 'mail',
  'account-contact-code': 'mail',
  issued: ({ factor }) => ({ scene: 'method', factor }),
  'new-password': 'lock',
  remind: 'lock',
  'reset-begin': 'lock',
  'reset-ways': 'lock',
  'reset-questions': 'lock',
  'reset-code': ({ way }) => (way === 'mail' || way === 'text' ? 'mail' : 'paper'),
  'reset-end': ({ end }) => (end === 'done' ? 'done' : 'closed'),
  'help-desk-action': 'guard',
  'help-desk-issued': 'paper',
  device: 'screen',
  'device-confirm': 'screen',
  'device-end': ({ done }) => (done ? 'done' : 'closed'),
};

function sceneOfPrompt(prompt: Prompt, factor: string, known: boolean): Drawn | string {
  if ('setup' in prompt && prompt.setup !== undefined) return 'scan';
  if (prompt.kind === 'number' || prompt.kind === 'wait') return 'approve';
  return known ? { scene: 'method', factor } : 'enter';
}

/** What is drawn beside a page; undefined where nothing is. */
export function sceneOf<N extends PageName>(page: N, model: Pages[N]): Drawn | undefined {
  const found: Scenes[N] = SCENES[page];
  const drawn: Drawn | string | undefined = typeof found === 'function' ? found(model) : found;
  return typeof drawn === 'string' ? { scene: drawn } : drawn;
}
