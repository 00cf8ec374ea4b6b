import { createHash } from 'node:crypto';
import type { Request, Response, Router } from 'express';
import type { Credential } from '../../core/account.ts';
import type { Proof } from '../../core/assurance.ts';
import { SallyportError } from '../../core/errors.ts';
import type { OnPhone } from '../../core/factor-powers.ts';
import { answerOf } from '../bodies.ts';
import { send, type WebDeps } from '../context.ts';
import type { OwnMethod, OwnMethods } from './account-methods.ts';
import type { Member, Membership } from './account-session.ts';
import type { Place, SetUp } from './set-up.ts';

/** How long a walk waits for its next step, milliseconds. */
const PATIENCE = 30 * 60_000;
const STEPS = 3;
const BACK = '/account/phone';

/** A walk under way: which method moves, what has been set up in its place, and what was before that. */
interface Walk {
  account: string;
  old?: string;
  /** Of the new one, set up and shown to work: from now on the old one can go. */
  proof?: Proof;
  /** Set up in this walk: they live on the new phone. */
  moved: string[];
}

interface Parts {
  methods: OwnMethods;
  setUp: SetUp;
  membership: Membership;
}

/**
 * `/account/phone`: one method after the other moves to a new phone. The new one is set up and proven before the
 * old one is offered for removal; whoever leaves before that has changed nothing.
 */
export function phonePages(deps: WebDeps, router: Router, { methods, setUp, membership }: Parts): void {
  const { core, ephemeral, enrolment, evaluator, evidence, preferences } = deps;
  const { member, owner, holdsOwn } = membership;
  const { tokenOf, checked } = methods;
  const keyOf = ({ session }: Member) => `phone:${createHash('sha256').update(session).digest('base64url')}`;

  async function walkOf(it: Member): Promise<Walk> {
    const stored = await ephemeral.get(keyOf(it));
    const walk = stored === undefined ? undefined : (JSON.parse(stored) as Walk);
    return walk?.account === it.account.id ? walk : { account: it.account.id, moved: [] };
  }

  const keep = (it: Member, walk: Walk) => ephemeral.set(keyOf(it), JSON.stringify(walk), PATIENCE);

  /** What lives on a phone, as its factor says, and can be set up on another one. */
  const toldOf = (credential: Credential): OnPhone | undefined =>
    evaluator.isOwn(credential) ? enrolment.onPhone(credential) : undefined;

  async function onPhone(it: Member, { moved }: Walk) {
    return (await methods.all(it)).flatMap(({ credential, suspended }) => {
      const stays = moved.includes(credential.id) || suspended === 'reported';
      const told = stays ? undefined : toldOf(credential);
      return told === undefined ? [] : [{ ...credential, told }];
    });
  }

  /** The method that is being moved; undefined where none is, or it has been removed meanwhile. */
  async function moving(it: Member, walk: Walk): Promise<OwnMethod | undefined> {
    return (await methods.all(it)).find(({ credential }) => credential.id === walk.old);
  }

  const placeOf = ({ credential }: OwnMethod): Place => ({
    factor: credential.factor,
    action: `${BACK}/set-up`,
    application: 'sallyport-account',
    ...(toldOf(credential)?.unlike ? {} : { name: credential.name }),
    progress: { step: 2, of: STEPS },
    leave: { href: '/account', label: { key: 'phone.leave' } },
  });

  /** Who asks, with the walk and the method that moves; otherwise the browser has been sent elsewhere. */
  async function under(req: Request, res: Response) {
    const it = await member(req, res, 'sallyport-security', BACK);
    if (it === undefined) return undefined;
    const walk = await walkOf(it);
    const old = await moving(it, walk);
    if (old !== undefined) return { it, walk, old };
    res.redirect(303, BACK);
    return undefined;
  }

  /** This one is done: on to the others, if there are any. */
  async function onward(res: Response, it: Member, { account, moved }: Walk, notice: string): Promise<void> {
    const walk = { account, moved };
    await keep(it, walk);
    const more = (await onPhone(it, walk)).length > 0;
    res.redirect(303, `${more ? BACK : '/account'}?notice=${notice}`);
  }

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

  /** The new one must still be there when the old one goes. */
  async function replacement(it: Member, walk: Walk): Promise<OwnMethod | undefined> {
    const added = (await methods.all(it)).find(({ credential }) => credential.id === walk.proof?.credential);
    return added?.suspended ? undefined : added;
  }

  router.get(`${BACK}/remove`, async (req, res) => {
    const found = await under(req, res);
    if (found === undefined) return;
    const { it, walk, old } = found;
    const added = await replacement(it, walk);
    if (added === undefined) return res.redirect(303, BACK);
    const { name, factor, createdAt, lastUsedAt } = old.credential;
    send(deps, res, 'phone-remove', {
      action: `${BACK}/remove`,
      csrf: tokenOf(it),
      progress: { step: STEPS, of: STEPS },
      added: { name: added.credential.name },
      old: { name, factor, createdAt, ...(lastUsedAt ? { lastUsedAt } : {}) },
      removable: await holdsOwn(res, it, 'sallyport-security'),
    });
  });

  router.post(`${BACK}/remove`, async (req, res) => {
    const found = await under(req, res);
    if (found === undefined) return;
    const { it, walk, old } = found;
    checked(req, it);
    const added = await replacement(it, walk);
    if (added === undefined) return res.redirect(303, BACK);
    if (answerOf(req.body).remove !== 'yes') return onward(res, it, walk, 'phone-kept');
    // A pass sets a method up; it takes none away.
    if ((await owner(req, res, 'sallyport-security', BACK)) === undefined) return;
    const right = async () => (await replacement(it, walk)) !== undefined;
    const done = await methods.remove(res, it, old.credential.id, right);
    if (done === 'removed') await rely(req, res, it, walk);
    if (done === 'busy' || done === 'lost') return res.redirect(303, `${BACK}/remove`);
    if (done === 'elder') return res.redirect(303, BACK);
    if (done === 'needed') return res.redirect(303, '/account?notice=method-needed');
    if (old.preferred) await prefer(res, it, added);
    await onward(res, it, walk, 'phone-moved');
  });

  /** What the old one has proven went with it: what the new one has stands in for that, so that nothing is asked anew. */
  async function rely(req: Request, res: Response, { account }: Member, { proof }: Walk): Promise<void> {
    const renewed = proof && (await core.renew(req, res));
    if (proof === undefined || renewed === undefined) return;
    // Of no authorization request: none has this id, so that `remember: never` asks as ever.
    const request = Buffer.from(deps.random(16)).toString('base64url');
    await evidence.change(renewed, account.id, (proofs) => [...proofs, { ...proof, request }]);
  }

  /** It was asked for first: its successor is. */
  async function prefer(res: Response, it: Member, { credential: { id, factor } }: OwnMethod): Promise<void> {
    await deps.audit.commit({ event: 'credential.default-changed', credential: id, factor, ...methods.about(res, it) });
    await preferences.choose(it.account.id, id);
  }
}
