import type { Account } from '../../core/account.ts';
import { reaches } from '../../core/assurance.ts';
import type { Finding } from '../../core/finding.ts';
import type { AgentRule } from '../../help-desk/scope.ts';
import { decide } from '../../policy/index.ts';
import { highestOf, type PolicySubject } from './policy.ts';
import { good, notice } from './told.ts';

/** Somebody who has signed in, with the factors that they have set up. */
export interface Known {
  account: Pick<Account, 'id' | 'groups' | 'createdAt'>;
  factors: readonly string[];
}

/** Applications that ask for more than any of these people can show. */
export function unreached(subject: PolicySubject, people: readonly Known[]): Finding[] {
  if (people.length === 0) return [good('nobody has signed in yet')];
  const missing = subject.applications.filter(
    (application) => !people.some((known) => canReach(subject, application, known)),
  );
  if (missing.length === 0) return [good(`each application can be reached by some of ${people.length} people`)];
  const whom = people.length === 1 ? 'the one person' : `any of the ${people.length} people`;
  return [
    notice(
      `${missing.join(', ')} can't be reached by ${whom} looked at, with what they have set up`,
      'Have some of them set up what those applications ask for, before they are locked out.',
    ),
  ];
}

function canReach(
  { rules, now, remember, factors }: PolicySubject,
  application: string,
  { account, factors: own }: Known,
): boolean {
  const enrolled = own.length > 0;
  const requirement = decide(
    rules,
    { now, application, account: { ...account, groups: account.groups, enrolled }, networks: [] },
    { remember },
  );
  if (requirement.deny) return false;
  const theirs = factors.filter(({ id, kinds }) => own.includes(id) || kinds.every((kind) => kind === 'knowledge'));
  return reaches(highestOf(theirs, requirement.factors), requirement.level);
}

/** Agents of the help desk whom nobody is, or who can't get in. */
export function agents(subject: PolicySubject, rules: readonly AgentRule[], people: readonly Known[]): Finding[] {
  if (people.length === 0) return [];
  return rules.flatMap(({ name, groups }): Finding[] => {
    const theirs = people.filter(({ account }) => account.groups?.some((group) => groups.includes(group)));
    const who = `the help desk's agents ${JSON.stringify(name)}`;
    if (theirs.length === 0)
      return [notice(`${who} are nobody who has signed in yet`, `Put somebody into ${groups.join(' or ')}.`)];
    if (theirs.some((known) => canReach(subject, 'sallyport-helpdesk', known)))
      return [good(`${who} can get in: ${theirs.length}`)];
    return [
      notice(
        `none of ${who} can get in with what they have set up`,
        'Issue one of them a pass, and have them set up a passkey.',
      ),
    ];
  });
}
