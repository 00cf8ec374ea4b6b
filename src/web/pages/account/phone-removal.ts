import type { Request, Response, Router } from 'express';
import { answerOf } from '../../bodies.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { OwnMethod } from './method-list.ts';
import type { AccountParts } from './parts.ts';
import { BACK, type PhoneWalk, STEPS, type Walk } from './phone-walk.ts';
import type { Member } from './session.ts';

export type PhoneRemovalNeeds = Rendering & Pick<WebDeps, 'audit' | 'core' | 'evidence' | 'preferences' | 'random'>;

/** `/account/phone/remove`: the method on the old phone goes, and the new one takes its place. */
export function phoneRemovalPages(
  deps: PhoneRemovalNeeds,
  router: Router,
  { membership, forms, methods }: AccountParts,
  { under, onward }: PhoneWalk,
): void {
  const { audit, core, evidence, preferences } = deps;
  const { owner, holdsOwn } = membership;
  const { tokenOf, checked, about } = forms;

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
    await audit.commit({ event: 'credential.default-changed', credential: id, factor, ...about(res, it) });
    await preferences.choose(it.account.id, id);
  }
}
