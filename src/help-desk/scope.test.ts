import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgentRule, covers, type Grant, grantsOf, mayActOn, RIGHTS, type Right, type Subject } from './scope.ts';

const GROUPS = ['students', 'staff', 'desk', 'night-desk', 'administrators'];
const some = fc.subarray(GROUPS, { minLength: 1 });
const grant: fc.Arbitrary<Grant> = fc.record({
  over: fc.record({ groups: some, notGroups: fc.subarray(GROUPS) }),
  may: fc.subarray([...RIGHTS], { minLength: 1 }),
});
const rule: fc.Arbitrary<AgentRule> = fc
  .tuple(grant, some)
  .map(([given, groups]) => ({ ...given, groups, name: 'rule' }));
const person = (id: string): fc.Arbitrary<Subject> => fc.subarray(GROUPS).map((groups) => ({ id, groups }));
const people = fc.tuple(person('a'), person('b'), person('c'));
const agents = fc.array(rule, { maxLength: 4 });
const right = fc.constantFrom(...RIGHTS);

const desk = (over: string[], may: Right[] = ['issue'], groups = ['desk']): AgentRule => ({
  name: groups.join(),
  groups,
  over: { groups: over, notGroups: [] },
  may,
});
const inGroups = (id: string, ...groups: string[]): Subject => ({ id, groups });

function may(rules: AgentRule[], actor: Subject, target: Subject, what: Right, overEquals = false): boolean {
  return mayActOn({ agents: rules, overEquals }, { id: actor.id, grants: grantsOf(rules, actor) }, target, what);
}

describe('whom an agent may act on', () => {
  const agent = inGroups('agent', 'desk');

  it('people in the groups that the configuration gives, with the rights that it gives', () => {
    const rules = [desk(['students'])];
    expect(may(rules, agent, inGroups('p', 'students'), 'issue')).toBe(true);
    expect(may(rules, agent, inGroups('p', 'students'), 'view')).toBe(true);
    expect(may(rules, agent, inGroups('p', 'students'), 'remove')).toBe(false);
    expect(may(rules, agent, inGroups('p', 'staff'), 'issue')).toBe(false);
    expect(may(rules, agent, inGroups('p'), 'issue')).toBe(false);
    expect(may(rules, inGroups('other', 'students'), inGroups('p', 'students'), 'issue')).toBe(false);
  });

  it('nobody whom one of several groups takes out', () => {
    const rules: AgentRule[] = [{ ...desk(['students']), over: { groups: ['students'], notGroups: ['staff'] } }];
    expect(may(rules, agent, inGroups('p', 'students'), 'issue')).toBe(true);
    expect(may(rules, agent, inGroups('p', 'students', 'staff'), 'issue')).toBe(false);
  });

  it('reading reports is not seeing people', () => {
    expect(may([desk(['students'], ['reports'])], agent, inGroups('p', 'students'), 'view')).toBe(false);
  });

  it('those with fewer rights, and not those with the same or other ones', () => {
    const both = [desk(['students', 'staff'], ['issue', 'remove']), desk(['students'], ['issue'], ['night-desk'])];
    const night = inGroups('n', 'night-desk', 'staff');
    expect(may(both, agent, night, 'issue')).toBe(true);
    expect(may(both, inGroups('n', 'night-desk'), inGroups('d', 'desk', 'students'), 'issue')).toBe(false);
    expect(may(both, agent, inGroups('d', 'desk', 'staff'), 'issue')).toBe(false);
    expect(may(both, agent, inGroups('d', 'desk', 'staff'), 'issue', true)).toBe(true);
    const apart = [desk(['students', 'staff']), desk(['staff'], ['unlock'], ['night-desk'])];
    expect(may(apart, agent, night, 'issue')).toBe(false);
    expect(may(apart, agent, night, 'issue', true)).toBe(false);
  });

  it('a narrower exception doesn’t make rights fewer', () => {
    const wide = [desk(['staff'])];
    const narrow = [{ ...desk(['staff']), over: { groups: ['staff'], notGroups: ['administrators'] } }];
    expect(covers(wide, narrow)).toBe(true);
    expect(covers(narrow, wide)).toBe(false);
  });

  it('a script acts on nobody whose rights it lacks', () => {
    const settings = { agents: [desk(['students'], ['issue', 'unlock'])], overEquals: false };
    const script = { grants: [{ over: { groups: ['students', 'staff'] }, may: ['issue' as const] }] };
    expect(mayActOn(settings, script, inGroups('p', 'staff'), 'issue')).toBe(true);
    expect(mayActOn(settings, script, inGroups('d', 'staff', 'desk'), 'issue')).toBe(false);
  });
});

describe('of any configuration', () => {
  it('nobody acts on themselves', () => {
    fc.assert(
      fc.property(agents, person('a'), right, fc.boolean(), (rules, a, what, equals) => {
        expect(may(rules, a, { ...a }, what, equals)).toBe(false);
      }),
    );
  });

  it('two people never act on one another, unless equals may', () => {
    fc.assert(
      fc.property(agents, people, right, right, (rules, [a, b], one, other) => {
        expect(may(rules, a, b, one) && may(rules, b, a, other)).toBe(false);
      }),
    );
  });

  it('whoever takes another’s account gets no further by it', () => {
    fc.assert(
      fc.property(agents, people, right, fc.boolean(), (rules, [a, b, c], what, equals) => {
        if (may(rules, a, b, 'issue', equals) && may(rules, b, c, what, equals)) {
          expect(may(rules, a, c, what, equals)).toBe(true);
        }
      }),
    );
  });

  it('a further rule for others gives an agent nothing', () => {
    fc.assert(
      fc.property(agents, rule, people, right, (rules, more, [a, b], what) => {
        if (more.groups.some((group) => a.groups?.includes(group))) return;
        if (!may(rules, a, b, what)) expect(may([...rules, more], a, b, what)).toBe(false);
      }),
    );
  });
});
