import { type Response, Router } from 'express';
import { SallyportError } from '../../core/errors.ts';
import type { Message } from '../../core/prompt.ts';
import { agentOf } from '../agents.ts';
import { formFields, LONGEST_FORM } from '../bodies.ts';
import { localsOf, send, spanOf, type WebDeps } from '../context.ts';
import { placeOf } from '../places.ts';
import type { Csrf } from '../security.ts';
import { createOwnMethods } from './account-methods.ts';
import { createMembership, type Member, ownPath } from './account-session.ts';
import { issuePages } from './issue.ts';
import { type AskFirst, manageMethodsPages } from './manage-methods.ts';
import { newPasswordPages } from './new-password.ts';
import { notMePages } from './not-me.ts';
import { createOwnSignIns } from './own-sign-ins.ts';
import { unreachedOf } from './own-sign-outs.ts';
import { phonePages } from './phone.ts';
import { createSetUp } from './set-up.ts';

/** What a notice may say after a redirect; the address names it. */
const NOTICES = [
  'method-added',
  'method-busy',
  'method-confirmed',
  'method-default',
  'method-needed',
  'method-removed',
  'method-renamed',
  'method-renewed',
  'phone-kept',
  'phone-moved',
  'too-many-methods',
  'device-removed',
  'device-renewed',
  'device-not-renewed',
  'password-changed',
  'after-report',
] as const;

/** `/account`: my methods, my remembered devices, my recent sign-ins. */
export function accountPages(deps: WebDeps, csrf: Csrf): Router {
  const { core, audit, credentials, devices, enrolment, issuing, passwords } = deps;
  const membership = createMembership(deps);
  const { member, owner, shown } = membership;
  const methods = createOwnMethods(deps, csrf, membership);
  const { tokenOf, checked, about } = methods;
  const setUp = createSetUp(deps, tokenOf, membership);

  async function deviceOf(it: Member, id: unknown) {
    const device = (await devices.list(it.account.id)).find((one) => one.id === id);
    if (device === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such device of this account');
    return device;
  }

  const confirm: AskFirst = (res, it, action, what, values, danger = true) => {
    const text = (part: string): Message => ({ key: `account.confirm.${what}.${part}`, ...(values ? { values } : {}) });
    send(deps, res, 'account-confirm', {
      action,
      csrf: tokenOf(it),
      title: text('title'),
      text: text('text'),
      confirm: text('confirm'),
      back: '/account',
      danger,
    });
  };

  const durationOf = (res: Response) => {
    const { amount, unit } = spanOf(deps.trustedDevices.lifetime);
    return deps.i18n.t(localsOf(res).locale, `duration.${unit}`, { count: amount });
  };

  const router = Router();
  router.use('/account', ...formFields(LONGEST_FORM));

  router.get('/account', async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { account } = it;
    const { browser } = localsOf(res);
    const notice = NOTICES.find((key) => key === req.query.notice);
    send(deps, res, 'account', {
      csrf: tokenOf(it),
      account: { username: account.username, name: account.name, ...(account.email ? { email: account.email } : {}) },
      ...(notice ? { notice: { key: `account.${notice}` } } : {}),
      unreached: await unreachedOf(deps, account.id),
      methods: (await methods.all(it)).map(({ credential: { id, factor, name, createdAt, lastUsedAt }, ...state }) => ({
        ...{ id, factor, name, createdAt },
        ...state,
        ...(lastUsedAt ? { lastUsedAt } : {}),
      })),
      onPhone: (await credentials.ofAccount(account.id)).some((one) => enrolment.onPhone(one)),
      addable: enrolment.offered(await credentials.ofAccount(account.id)),
      issuable: issuing.offered(await credentials.ofAccount(account.id)).map(({ factor }) => factor),
      devices: (await devices.list(account.id, browser)).map(({ userAgent, usedAt, ip, ...device }) => ({
        ...device,
        ...agentOf(userAgent),
        ...(ip === undefined ? {} : { address: ip, ...placeOf(deps, res, ip) }),
        ...(usedAt ? { lastUsedAt: usedAt } : {}),
      })),
      renewable: !browser.shared,
      signIns: await createOwnSignIns(deps).list(account.id, res),
      changesPassword: passwords.changeable(account),
    });
  });

  /** Where a sign-in for these pages comes back to. */
  router.get('/account/signed-in', (req, res) => {
    res.redirect(303, req.query.error === undefined ? ownPath(req.query.state) : '/');
  });

  manageMethodsPages(deps, router, { methods, setUp, membership, confirm });
  phonePages(deps, router, { methods, setUp, membership });
  issuePages(deps, router, { owner, methods });
  newPasswordPages(deps, router, { ...membership, tokenOf, checked, about });
  notMePages(deps, router, { membership, tokenOf, checked, about });

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
    const name = deps.i18n.t(localsOf(res).locale, 'device.name', agentOf(device.userAgent));
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

  router.get('/account/sign-out-everywhere', async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it === undefined) return;
    confirm(res, it, '/account/sign-out-everywhere', 'sign-out-everywhere');
  });

  router.post('/account/sign-out-everywhere', async (req, res) => {
    const it = await member(req, res, 'sallyport-account', '/account');
    if (it === undefined) return;
    checked(req, it);
    await audit.commit({ event: 'sessions.revoked', by: 'owner', ...about(res, it) });
    await deps.durable.accounts.revokeBefore(it.account.id, deps.now());
    await devices.revoke(it.account.id);
    // This browser's own session last: it can still be sent to those applications that no server reaches.
    await core.endAll(it.account.id, it.session);
    const { next } = await core.endSession(req, res, { next: '/signed-out' });
    res.redirect(303, next);
  });

  router.get('/signed-out', (_req, res) => send(deps, res, 'signed-out', {}));

  return router;
}
