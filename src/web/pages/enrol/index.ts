import { type Response, Router } from 'express';
import { ENROLMENT } from '../../../core/application.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Standing } from '../../../methods/portal.ts';
import { answerOf, formFields, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, send, type WebDeps } from '../../context.ts';
import type { Csrf } from '../../security.ts';
import { createOwnForms } from '../account/forms.ts';
import { createMembership, type Member, type MembershipNeeds } from '../account/session.ts';
import { createSetUp, type SetUpNeeds } from '../account/set-up.ts';
import { createEnrolWalk, DONE, type EnrolWalkNeeds, HOME } from './walk.ts';

export type EnrolPagesNeeds = MembershipNeeds &
  EnrolWalkNeeds &
  SetUpNeeds &
  Pick<WebDeps, 'applications' | 'core' | 'passwords' | 'portal' | 'registering' | 'reset'>;

/**
 * `/enrol`: a newcomer's way to two methods. The first one is set up in the sign-in itself, as everywhere, or here
 * by whoever came with a pass; the second one here, with what the first one has proven.
 */
export function enrolPages(deps: EnrolPagesNeeds, csrf: Csrf): Router {
  const { core, portal } = deps;
  const membership = createMembership(deps);
  const { known, member, holdsOwn } = membership;
  const forms = createOwnForms(csrf);
  const { tokenOf, checked } = forms;
  const setUp = createSetUp(deps, forms, membership);
  const { stepOf, placeOf, choosing } = createEnrolWalk(deps, membership);

  function choose(res: Response, it: Member, standing: Standing): void {
    const { username, name } = it.account;
    send(deps, res, 'choose-enrolment', {
      action: HOME,
      csrf: tokenOf(it),
      application: deps.applications.get(ENROLMENT)?.name ?? '',
      account: { username, name },
      factors: portal.choices(it.account, standing.next),
      progress: stepOf(standing),
      ...(standing.own.length > 0 ? { another: true, leave: { href: DONE, label: { key: 'enrol.later' } } } : {}),
    });
  }

  /** What they are reminded of, where a forgotten password of theirs is replaced here. */
  const lacking = async ({ account }: Member) =>
    deps.reset.at === 'here' && deps.passwords.changeable(account) ? deps.registering.lacking(account) : [];

  const router = Router();
  router.use(HOME, ...formFields(LONGEST_FORM));

  router.get(HOME, async (req, res) => {
    const it = await known(req, res, ENROLMENT);
    if (it === undefined) return send(deps, res, 'enrol', { begin: `${HOME}/begin`, steps: portal.steps });
    const standing = await portal.standing(it.account);
    if (standing.next.length === 0) return res.redirect(303, DONE);
    choose(res, it, standing);
  });

  router.get(`${HOME}/begin`, (_req, res) => {
    res.redirect(303, core.begin(ENROLMENT, { returnTo: HOME, uiLocales: [localsOf(res).locale] }));
  });

  router.post(HOME, async (req, res) => {
    const factor = answerOf(req.body).factor ?? '';
    const found = await choosing(req, res, factor);
    if (found === undefined) return;
    checked(req, found.it);
    res.redirect(303, placeOf(found.it, found.standing, factor).action);
  });

  router.get(`${HOME}/set-up/:factor`, async (req, res) => {
    const factor = String(req.params.factor);
    const found = await choosing(req, res, factor);
    if (found === undefined || (await setUp.show(req, res, found.it, placeOf(found.it, found.standing, factor))))
      return;
    // It was offered because there is none of it yet.
    throw new SallyportError('ERR_NOT_FOUND', 'this can not be set up');
  });

  router.post(`${HOME}/set-up/:factor`, async (req, res) => {
    const factor = String(req.params.factor);
    const found = await choosing(req, res, factor);
    if (found === undefined) return;
    checked(req, found.it);
    const result = await setUp.answer(req, res, found.it, placeOf(found.it, found.standing, factor));
    res.redirect(303, 'again' in result ? result.again : HOME);
  });

  router.get(DONE, async (req, res) => {
    const it = await member(req, res, ENROLMENT, HOME);
    if (it === undefined) return;
    const { own, next, spare } = await portal.standing(it.account);
    if (own.length === 0) return res.redirect(303, HOME);
    // A pass issues nothing, and registers nothing.
    const isOwn = await holdsOwn(res, it, 'sallyport-security');
    send(deps, res, 'enrolled', {
      methods: own.map(({ factor, name }) => ({ factor, name })),
      spare: isOwn ? spare : [],
      register: isOwn ? await lacking(it) : [],
      ...(next.length > 0 ? { more: HOME } : {}),
    });
  });

  return router;
}
