import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Credential } from '../../../core/account.ts';
import type { Proof } from '../../../core/assurance.ts';
import type { OnPhone } from '../../../core/factor-powers.ts';
import type { WebDeps } from '../../context.ts';
import type { OwnMethod } from './method-list.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

/** How long a walk waits for its next step, milliseconds. */
const PATIENCE = 30 * 60_000;
export const STEPS = 3;
export const BACK = '/account/phone';

/** A walk under way: which method moves, what has been set up in its place, and what was before that. */
export interface Walk {
  account: string;
  old?: string;
  /** Of the new one, set up and shown to work: from now on the old one can go. */
  proof?: Proof;
  /** Set up in this walk: they live on the new phone. */
  moved: string[];
}

export type PhoneWalkNeeds = Pick<WebDeps, 'enrolment' | 'ephemeral' | 'evaluator'>;

/** Where somebody stands who moves to a new phone: kept for their session, and looked at anew on each page. */
export function createPhoneWalk(
  { enrolment, ephemeral, evaluator }: PhoneWalkNeeds,
  { membership, methods }: Pick<AccountParts, 'membership' | 'methods'>,
) {
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

  /** Who asks, with the walk and the method that moves; otherwise the browser has been sent elsewhere. */
  async function under(req: Request, res: Response) {
    const it = await membership.member(req, res, 'sallyport-security', BACK);
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

  return { walkOf, keep, toldOf, onPhone, under, onward };
}

export type PhoneWalk = ReturnType<typeof createPhoneWalk>;
