import { renderSVG } from 'uqr';
import type { LocalizedText } from '../../core/account.ts';
import type { Pages } from '../models.ts';
import { ada, COURSES, frame, LONG, long, NOW, type Sample, sample } from './sample.ts';

type PromptModel = Pages['prompt'];

function prompt(
  name: string,
  factor: string,
  rest: Omit<PromptModel, 'action' | 'csrf' | 'application' | 'factor' | 'purpose'> & Partial<PromptModel>,
): Sample {
  return sample('prompt', name, { ...frame, factor, purpose: 'sign-in', ...rest });
}

const secret: PromptModel['prompt'] = {
  kind: 'secret',
  title: { key: 'title' },
  identifier: { label: { key: 'username' } },
  label: { key: 'label' },
  autocomplete: 'current-password',
};
const code: PromptModel['prompt'] = {
  kind: 'code',
  title: { key: 'title' },
  text: { key: 'text' },
  label: { key: 'label' },
  numeric: true,
  length: 6,
};
const redirect: PromptModel['prompt'] = {
  kind: 'redirect',
  title: { key: 'upstream.title' },
  name: 'Partner Hospital',
  action: { key: 'upstream.action' },
};
const house = (name: LocalizedText, domain: string) => ({ href: '/sign-in/x/leave?to=it', name, domain });
const { length: _, ...withoutLength } = code;
const setup = {
  uri: 'otpauth://hotp/Example%20University:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  svg: renderSVG('otpauth://hotp/Example%20University:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
  key: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
};

const INVITATION = `https://login.university.example/app/#enrol=${'eyJpc3N1ZXIiOiJodHRwczovL2xvZ2luLn'.repeat(4)}`;
/** What a prompt has that is answered elsewhere. */
const elsewhere = {
  resend: { after: NOW, label: { key: 'elsewhere.resend' } },
  code: { summary: { key: 'elsewhere.instead' }, text: { key: 'elsewhere.code' }, label: { key: 'label' } },
};

/** Every kind of prompt, in its frame. */
export const prompts: Sample[] = [
  prompt('secret', 'password', { prompt: secret, account: undefined, cancel: '/sign-in/x/cancel' }),
  prompt('secret-beside', 'password', {
    prompt: secret,
    account: undefined,
    also: [
      {
        factor: 'sample',
        prompt: {
          kind: 'ceremony',
          title: { key: 'title' },
          text: { key: 'pitch' },
          script: '/assets/sample/ceremony.js',
          options: {},
          action: { key: 'name' },
          conditional: true,
          says: { cancelled: { key: 'text' } },
        },
      },
    ],
    cancel: '/sign-in/x/cancel',
  }),
  prompt('secret-error', 'password', {
    prompt: { ...secret, identifier: { label: { key: 'username' }, value: 'ada' } },
    account: undefined,
    application: LONG,
    error: { key: 'wrong' },
  }),
  prompt('secret-again', 'password', {
    prompt: { ...secret, identifier: undefined, title: { key: 'again.title' } },
    why: { key: 'why.again', values: { application: 'Payroll' } },
    account: ada,
    switchAccount: '/sign-in/x/switch',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('code', 'sample', {
    prompt: code,
    why: { key: 'why.second', values: { application: 'Courses' } },
    account: ada,
    application: COURSES,
    switchAccount: '/sign-in/x/switch',
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('code-error', 'sample', {
    prompt: code,
    account: long,
    application: LONG,
    switchAccount: '/sign-in/x/switch',
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
    error: { key: 'locked', values: { minutes: 30 } },
  }),
  prompt('code-resend', 'sample', {
    prompt: { ...code, resend: { after: NOW, label: { key: 'name' } }, restart: { key: 'method' } },
    account: ada,
    purpose: 'enrol',
    error: { key: 'wrong' },
    cancel: '/sign-in/x/cancel',
  }),
  prompt('code-telephone', 'sample', {
    prompt: { ...withoutLength, telephone: { key: 'text' } },
    account: ada,
    purpose: 'enrol',
    nameable: true,
    cancel: '/sign-in/x/cancel',
  }),
  prompt('code-setup', 'sample', {
    prompt: { ...code, title: { key: 'setup.title' }, text: { key: 'setup.text' }, setup },
    why: { key: 'why.enrol', values: { application: 'Courses' } },
    account: ada,
    purpose: 'enrol',
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('code-fields', 'sample', {
    prompt: {
      ...withoutLength,
      fields: [
        { name: 'serial', label: { key: 'name' }, hint: { key: 'text' }, numeric: false },
        { name: 'first', label: { key: 'label' }, numeric: true },
      ],
    },
    account: ada,
    purpose: 'enrol',
    nameable: true,
    error: { key: 'wrong' },
  }),
  prompt('number', 'sample', {
    prompt: {
      ...elsewhere,
      kind: 'number',
      title: { key: 'elsewhere.title' },
      text: { key: 'elsewhere.text' },
      number: '47',
      expires: NOW + 60_000,
    },
    why: { key: 'why.second', values: { application: 'Courses' } },
    account: ada,
    switchAccount: '/sign-in/x/switch',
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('number-note', 'sample', {
    prompt: {
      ...elsewhere,
      kind: 'number',
      title: { key: 'elsewhere.title' },
      text: { key: 'elsewhere.text' },
      note: { key: 'elsewhere.note' },
      number: '10',
      expires: NOW + 60_000,
    },
    account: long,
    application: LONG,
    cannot: '/sign-in/x/methods',
    error: { key: 'try-again' },
  }),
  prompt('wait-again', 'sample', {
    prompt: { ...elsewhere, kind: 'wait', title: { key: 'elsewhere.title' }, text: { key: 'elsewhere.over' } },
    account: ada,
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('wait-setup', 'sample', {
    prompt: {
      kind: 'wait',
      title: { key: 'setup.title' },
      text: { key: 'setup.text' },
      expires: NOW + 600_000,
      waits: 'enrolment',
      setup: { uri: INVITATION, svg: renderSVG(INVITATION), key: INVITATION },
    },
    why: { key: 'why.enrol', values: { application: 'Courses' } },
    account: ada,
    purpose: 'enrol',
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  prompt('wait', 'sample', {
    prompt: { kind: 'wait', title: { key: 'title' }, text: { key: 'text' }, expires: NOW + 60_000 },
    account: ada,
  }),
  prompt('ceremony', 'sample', {
    prompt: {
      kind: 'ceremony',
      title: { key: 'title' },
      text: { key: 'text' },
      script: '/assets/sample/ceremony.js',
      options: { challenge: '"><script>alert(1)</script>' },
      action: { key: 'name' },
      says: { cancelled: { key: 'text' } },
    },
    account: ada,
  }),
  prompt('choice', 'sample', {
    prompt: {
      kind: 'choice',
      title: { key: 'title' },
      options: [
        { value: 'a', label: COURSES, hint: { key: 'text' } },
        { value: 'b', label: LONG },
        { value: 'c', label: { key: 'name' } },
      ],
    },
    account: ada,
    error: { key: 'try-again' },
  }),
  prompt('notice', 'sample', {
    prompt: { kind: 'notice', title: { key: 'title' }, text: { key: 'text' } },
    account: ada,
  }),
  prompt('redirect', 'sample', {
    prompt: redirect,
    departs: '/elsewhere?step=one',
    account: ada,
  }),
  prompt('houses', 'password', {
    prompt: secret,
    account: undefined,
    also: [{ factor: 'upstream:partner', prompt: redirect }],
    houses: { buttons: [house('Partner Hospital', 'partner.example')], chooser: '/sign-in/x/houses' },
    cancel: '/sign-in/x/cancel',
  }),
  prompt('house-suggested', 'password', {
    prompt: { ...secret, identifier: { label: { key: 'username' }, value: 'ada@partner.example' } },
    account: undefined,
    also: [{ factor: 'upstream:partner', prompt: redirect }],
    houses: {
      suggested: house('Partner Hospital', 'partner.example'),
      buttons: [house(LONG, 'long.example')],
      chooser: '/sign-in/x/houses',
    },
    error: { key: 'upstream.elsewhere' },
    cancel: '/sign-in/x/cancel',
  }),
  prompt('houses-alone', 'upstream:partner', {
    prompt: redirect,
    account: undefined,
    houses: { buttons: [], chooser: '/sign-in/x/houses' },
    cancel: '/sign-in/x/cancel',
  }),
];
