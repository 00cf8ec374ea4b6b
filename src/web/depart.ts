import type { Response } from 'express';
import type { Destination } from '../core/redirect.ts';
import { type Rendering, send } from './context.ts';
import { setPolicy } from './security.ts';

/** Sends a browser to somebody else's page. */
export function depart(rendering: Rendering, res: Response, to: Destination): void {
  if ('address' in to) {
    res.redirect(303, to.address);
    return;
  }
  const { action, fields } = to.form;
  // Chromium follows it through `form-action`, and houses send on to other hosts.
  setPolicy(res, [new URL(action).protocol]);
  send(rendering, res, 'form-post', {
    action,
    inputs: Object.entries(fields).map(([name, value]) => ({ name, value })),
  });
}
