import type { Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import { answerOf } from '../../bodies.ts';
import { type Rendering, send } from '../../context.ts';
import type { OwnMethod } from './method-list.ts';
import type { AccountParts } from './parts.ts';
import { type PhoneRemovalNeeds, phoneRemovalPages } from './phone-removal.ts';
import { BACK, createPhoneWalk, type PhoneWalkNeeds, STEPS } from './phone-walk.ts';
import type { Place } from './set-up.ts';

export type PhonePagesNeeds = Rendering & PhoneWalkNeeds & PhoneRemovalNeeds;

/**
 * `/account/phone`: one method after the other moves to a new phone. The new one is set up and proven before the
 * old one is offered for removal; whoever leaves before that has changed nothing.
 */
export function phonePages(deps: PhonePagesNeeds, router: Router, parts: AccountParts): void {
  const { methods, setUp } = parts;
  const { member } = parts.membership;
  const { tokenOf, checked } = parts.forms;
  const walks = createPhoneWalk(deps, parts);
  const { walkOf, keep, toldOf, onPhone, under, onward } = walks;

  const placeOf = ({ credential }: OwnMethod): Place => ({
    factor: credential.factor,
    action: `${BACK}/set-up`,
    application: 'sallyport-account',
    ...(toldOf(credential)?.unlike ? {} : { name: credential.name }),
    progress: { step: 2, of: STEPS },
    leave: { href: '/account', label: { key: 'phone.leave' } },
  });

  router.get(BACK, async (req, res) => {
    const it = await member(req, res, 'sallyport-account');
    if (it === undefined) return;
    const walk = await walkOf(it);
    const found = await onPhone(it, walk);
    const notice = ['phone-moved', 'phone-kept', 'too-many-methods'].find((key) => key === req.query.notice);
    send(deps, res, 'phone', {
      action: BACK,
      csrf: tokenOf(it),
      progress: { step: 1, of: STEPS },
      ...(notice ? { notice: { key: `account.${notice}` } } : {}),
      methods: found.map(({ id, factor, name, told: { unlike: _, ...told } }) => ({ id, factor, name, told })),
      begun: walk.moved.length > 0,
    });
  });

  router.post(BACK, async (req, res) => {
    const it = await member(req, res, 'sallyport-security', BACK);
    if (it === undefined) return;
    checked(req, it);
    const { credential } = await methods.found(it, answerOf(req.body).method);
    if (toldOf(credential) === undefined) throw new SallyportError('ERR_NOT_FOUND', 'not on a phone');
    const { account, moved } = await walkOf(it);
    await keep(it, { account, moved, old: credential.id });
    res.redirect(303, `${BACK}/set-up`);
  });

  router.get(`${BACK}/set-up`, async (req, res) => {
    const found = await under(req, res);
    if (found === undefined || (await setUp.show(req, res, found.it, placeOf(found.old)))) return;
    res.redirect(303, `${BACK}?notice=too-many-methods`);
  });

  router.post(`${BACK}/set-up`, async (req, res) => {
    const found = await under(req, res);
    if (found === undefined) return;
    const { it, walk, old } = found;
    checked(req, it);
    const result = await setUp.answer(req, res, it, placeOf(old));
    if ('again' in result) return res.redirect(303, result.again);
    if ('renewed' in result) return res.redirect(303, '/account?notice=method-renewed');
    const moved = [...walk.moved, result.added];
    // What nobody has seen working yet takes no other one's place.
    if (result.proof === undefined) return onward(res, it, { ...walk, moved }, 'phone-kept');
    await keep(it, { ...walk, moved, proof: result.proof });
    res.redirect(303, `${BACK}/remove`);
  });

  phoneRemovalPages(deps, router, parts, walks);
}
