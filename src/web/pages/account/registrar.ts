import type { Request, Response } from 'express';
import type { InternalApplication } from '../../../core/application.ts';
import type { WebDeps } from '../../context.ts';
import type { Membership } from './session.ts';

export type RegistrarNeeds = Pick<WebDeps, 'credentials' | 'evaluator'>;

/** Who may register something for the day on which they forget their password, and by what right. */
export function createRegistrar(
  { credentials, evaluator }: RegistrarNeeds,
  { known, owner, holdsOwn }: Pick<Membership, 'known' | 'owner' | 'holdsOwn'>,
) {
  /**
   * What adding a method takes, once it is known whose account it is. Who has none, where nobody asks for one, has but a
   * password to show, and nothing that a code would open besides.
   */
  async function neededBy(req: Request, res: Response): Promise<InternalApplication> {
    const it = await known(req, res, 'sallyport-account');
    const all = it ? await credentials.ofAccount(it.account.id) : [];
    return all.some((one) => evaluator.isSecond(one)) ? 'sallyport-security' : 'sallyport-account';
  }

  return async (req: Request, res: Response, returnTo?: string) => {
    const application = await neededBy(req, res);
    const it = await owner(req, res, application, returnTo);
    // Asked anew: a method that was added meanwhile is asked for.
    const right = async () =>
      (await neededBy(req, res)) === application && it !== undefined && holdsOwn(res, it, application);
    return it && { it, right };
  };
}
