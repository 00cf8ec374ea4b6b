import type { Response } from 'express';
import type { LocalizedText } from '../../../core/account.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { Outgoing } from '../../../saml/index.ts';

/** Takes a message to a service provider by this browser, at the top level: `location` is where a form is sent. */
export function deliver(
  { render }: Pick<DoorPorts, 'render'>,
  res: Response,
  message: Outgoing,
  { location, application }: { location: string; application: LocalizedText },
): void {
  if (message.binding === 'redirect') {
    res.redirect(303, message.location);
    return;
  }
  if (message.binding !== 'post') throw new TypeError(`${message.binding} does not go through a browser`);
  const inputs = [{ name: message.parameter as string, value: Buffer.from(message.xml).toString('base64') }];
  if (message.relayState !== undefined) inputs.push({ name: 'RelayState', value: message.relayState });
  // Chromium follows `form-action` through redirects: whose hosts these lead to, the service provider alone knows.
  render.allowFormAction(res, new URL(location).protocol);
  // Across sites `same-origin` would send `Origin: null` with the form, and some applications refuse that.
  res.setHeader('referrer-policy', 'strict-origin');
  const leaving = message.parameter === 'SAMLRequest';
  res.type('html').send(render.page(res, 'form-post', { action: location, inputs, application, leaving }));
}
