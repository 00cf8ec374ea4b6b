import { renderSVG } from 'uqr';
import type { ChoicePrompt, Message, NumberPrompt, WaitPrompt } from '../../core/prompt.ts';
import { enrolmentKey } from './registrations.ts';
import { requestKey } from './requests.ts';
import type { PushRequest } from './standing.ts';

/** Codes are for where the phone has no network, and for whoever has no phone at hand: other methods are named there. */
const CODE = { summary: { key: 'instead.summary' }, text: { key: 'instead.text' }, label: { key: 'instead.label' } };
const RESEND: Message = { key: 'resend' };

/** How a request went out to the phone. */
export type Reached = 'sent' | 'unreached' | 'retired' | 'unsubscribed';

/** The number to be typed on the phone. */
export function askNumber(request: PushRequest, device: string, reached: Reached, resendAfter: number): NumberPrompt {
  const values = { name: device };
  return {
    kind: 'number',
    title: { key: 'title' },
    text: { key: reached === 'sent' ? 'text.sent' : 'text.open', values },
    number: request.number,
    ...(reached === 'sent' ? {} : { note: { key: `note.${reached}`, values } }),
    expires: request.expires,
    waits: requestKey(request.id),
    resend: { after: resendAfter, label: RESEND },
    code: CODE,
  };
}

/** No request is under way: why not, and from when on another can be asked for. */
export function askAgain(why: Message, after: number): WaitPrompt {
  return { kind: 'wait', title: { key: 'title' }, text: why, resend: { after, label: RESEND }, code: CODE };
}

/** Nothing is asked of this phone any more; codes of it don't count either. */
export function askElsewhere(why: Message): WaitPrompt {
  return { kind: 'wait', title: { key: 'title' }, text: why };
}

/** How long to wait, in the unit that people count it in. */
export function waiting(milliseconds: number): Message {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds <= 120) return { key: 'wait.seconds', values: { count: seconds } };
  return { key: 'wait.minutes', values: { count: Math.ceil(seconds / 60) } };
}

/**
 * Black on white whatever the page's colours, as cameras expect, with the four modules of quiet zone of
 * ISO/IEC 18004; without a size of its own, so that it scales.
 */
function qr(uri: string): string {
  const svg = renderSVG(uri, { ecc: 'L', border: 4, pixelSize: 1, whiteColor: '#fff', blackColor: '#000' });
  return svg.replace('<svg ', '<svg shape-rendering="crispEdges" ');
}

/** What the app opens: behind the hash, so that no server on the way gets to read the token. */
export function invitationUri(app: string, issuer: string, token: string): string {
  return `${app}#enrol=${Buffer.from(JSON.stringify({ issuer, token })).toString('base64url')}`;
}

export function askToScan(uri: string, token: string, expires: number): WaitPrompt {
  return {
    kind: 'wait',
    title: { key: 'setup.title' },
    text: { key: 'setup.text' },
    expires,
    setup: { uri, svg: qr(uri), key: uri },
    waits: enrolmentKey(token),
  };
}

/** Whoever saw the code on this screen could have been faster: its owner says whether it was them. */
export function askWhose(name: string): ChoicePrompt {
  return {
    kind: 'choice',
    title: { key: 'setup.whose', values: { name } },
    options: [
      { value: 'yes', label: { key: 'setup.mine' } },
      { value: 'no', label: { key: 'setup.not-mine' }, hint: { key: 'setup.not-mine-hint' } },
    ],
  };
}
