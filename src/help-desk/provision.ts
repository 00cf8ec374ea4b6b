import { SallyportError } from '../core/errors.ts';
import type { Shown } from '../core/factor-powers.ts';
import type { Message } from '../core/prompt.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import type { Order, Permitted } from './orders.ts';

/** What operators give people to sign in with: a method that is issued, a device that is assigned by its number. */
export function createProvision(
  { audit, factors }: Pick<HelpDeskNeeds, 'audit' | 'factors'>,
  { credentials, issuing }: Pick<HelpDeskParts, 'credentials' | 'issuing'>,
  permitted: Permitted,
) {
  return {
    /** What operators may issue, and what they choose then. */
    issuable: () =>
      [...factors.values()].flatMap(({ module, factor: { issues } }) =>
        issues?.operatorService ? [{ factor: module.id, standing: module.standing, ...issues.operatorService }] : [],
      ),

    /** Factors whose devices are assigned by number. */
    assignable: () => [...factors.values()].filter(({ factor }) => factor.assigns).map(({ module }) => module.id),

    /** Answers what is shown, once. @throws SallyportError as `permitted`, and ERR_INPUT for options that can't be had */
    async issue(order: Order, factor: string, options: Readonly<Record<string, string | number>>): Promise<Shown> {
      const { target, facts } = await permitted(order, 'issue');
      if (factors.get(factor)?.factor.issues?.operatorService === undefined) {
        throw new SallyportError('ERR_NOT_FOUND', `${factor} is not issued by operators`);
      }
      const announce = ({ starts, expires }: Shown) =>
        audit.commit({
          ...facts,
          event: 'helpdesk.issued',
          factor,
          ...(starts === undefined ? {} : { starts }),
          ...(expires === undefined ? {} : { expires }),
        });
      return issuing.issue(target, factor, { ...options, by: 'operator' }, facts, { announce });
    },

    /** Undefined once it is theirs; else why not, in the factor's words. */
    async assign(order: Order, factor: string, number: string): Promise<Message | undefined> {
      const { target, facts } = await permitted(order, 'assign');
      const assigns = factors.get(factor)?.factor.assigns;
      if (assigns === undefined) throw new SallyportError('ERR_NOT_FOUND', `${factor} assigns nothing`);
      const existing = (await credentials.ofAccount(target.id)).filter((it) => it.factor === factor);
      if (existing.length >= credentials.maximum(factor)) return { key: 'too-many-methods' };
      const assigned = await assigns.assign(target, existing, number);
      if (assigned.outcome === 'refused') return assigned.message;
      const { name, data, lookup } = assigned;
      try {
        // Nothing can be proven with it until it is a credential.
        await audit.commit({ ...facts, event: 'helpdesk.token-assigned', factor, name });
      } catch (error) {
        await assigned.release();
        throw error;
      }
      const added = await credentials.add(target.id, factor, name, data, lookup);
      if (typeof added === 'string') return undefined;
      await assigned.release();
      return added;
    },
  };
}
