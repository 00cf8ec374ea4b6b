import type { Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import { agentOf } from '../../agents.ts';
import { localsOf, spanOf, type WebDeps } from '../../context.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

export type DevicePagesNeeds = Pick<WebDeps, 'audit' | 'devices' | 'i18n' | 'trustedDevices'>;

/** `/account/devices/…`: this browser is remembered anew, and any of them forgotten. */
export function devicePages(
  deps: DevicePagesNeeds,
  router: Router,
  { membership, forms, methods, confirm }: AccountParts,
): void {
  const { audit, devices, i18n } = deps;
  const { owner, shown } = membership;
  const { checked, about } = forms;

  async function deviceOf(it: Member, id: unknown) {
    const device = (await devices.list(it.account.id)).find((one) => one.id === id);
    if (device === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such device of this account');
    return device;
  }

  const durationOf = (res: Response) => {
    const { amount, unit } = spanOf(deps.trustedDevices.lifetime);
    return i18n.t(localsOf(res).locale, `duration.${unit}`, { count: amount });
  };

  router.get('/account/devices/renew', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    confirm(res, it, '/account/devices/renew', 'renew-device', { duration: durationOf(res) }, false);
  });

  router.post('/account/devices/renew', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', '/account/devices/renew');
    if (it === undefined) return;
    checked(req, it);
    const remember = async () => devices.remember(it.account.id, await shown(res, it), localsOf(res).browser);
    const renewed = await methods.change(res, it, { busy: false, lost: false }, remember);
    if (renewed) await audit.commit({ event: 'device.renewed', ...about(res, it) });
    res.redirect(303, `/account?notice=${renewed ? 'device-renewed' : 'device-not-renewed'}`);
  });

  router.get('/account/devices/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account');
    if (it === undefined) return;
    const device = await deviceOf(it, req.params.id);
    const name = i18n.t(localsOf(res).locale, 'device.name', agentOf(device.userAgent));
    confirm(res, it, `/account/devices/${encodeURIComponent(device.id)}/remove`, 'remove-device', { name });
  });

  router.post('/account/devices/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account', '/account');
    if (it === undefined) return;
    checked(req, it);
    const device = await deviceOf(it, req.params.id);
    await audit.commit({ event: 'device.removed', device: device.id, ...about(res, it) });
    await devices.revoke(it.account.id, { device: device.id });
    res.redirect(303, '/account?notice=device-removed');
  });
}
