import { INTERNAL_APPLICATIONS } from '../../core/application.ts';
import { reaches } from '../../core/assurance.ts';
import type { Facts, Rule } from '../../core/policy.ts';
import { decide } from '../../policy/index.ts';
import { rulesOf } from './calendars.ts';
import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';

const UNKNOWN_ID = 'somebody';

/**
 * A profile may be content with 8 characters where a second factor is always asked (NIST SP 800-63B-4 section
 * 3.1.1.2). Whether it is, is asked of the rules: for each of its groups, alone and beside each other group that a
 * rule knows, at each application, from each network, with a method and, in a time of grace, without.
 */
export function secondFactorFaults({ parsed }: Subject, now = Date.now()): Fault[] {
  const { passwordPolicy, policy, applications = {}, networks = {} } = parsed;
  if (passwordPolicy === undefined || policy === undefined) return [];
  const rules = rulesOf(policy.rules, parsed.timeZone);
  const ids = [...Object.keys(applications), ...INTERNAL_APPLICATIONS];
  const places = [[], ...Object.keys(networks).map((name) => [name]), Object.keys(networks)];
  return Object.entries(passwordPolicy.profiles).flatMap(([name, { secondFactor, groups = [] }]) => {
    if (secondFactor !== 'always') return [];
    const open = ids.find((application) =>
      memberships(groups, rules).some((theirs) =>
        places.some((from) => !asksSecond(rules, { application, groups: theirs, networks: from, now })),
      ),
    );
    if (open === undefined) return [];
    const message = `isn’t so: a rule lets these people into ${open} by the password alone (sallyport policy explain)`;
    return [{ path: ['passwordPolicy', 'profiles', name, 'secondFactor'], message }];
  });
}

/** Whoever is in one of these, and perhaps in another group that some rule speaks of. */
function memberships(groups: readonly string[], rules: readonly Rule[]): string[][] {
  const others = new Set(rules.flatMap(({ groups: some = [], notGroups = [] }) => [...some, ...notGroups]));
  const own = groups.length > 0 ? groups.map((group) => [group]) : [[]];
  return own.flatMap((group) => [group, ...[...others].map((other) => [...group, other])]);
}

interface Case {
  application: string;
  groups: readonly string[];
  networks: readonly string[];
  now: number;
}

function asksSecond(rules: readonly Rule[], { application, groups, networks, now }: Case): boolean {
  const facts = (enrolled: boolean): Facts => ({
    ...{ now, application, networks },
    account: { id: UNKNOWN_ID, groups, createdAt: now, enrolled },
  });
  return [true, false].every((enrolled) => {
    const { deny, level } = decide(rules, facts(enrolled));
    return deny || reaches(level, 'mfa');
  });
}
