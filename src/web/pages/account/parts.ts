import type { Csrf } from '../../security.ts';
import { type AskFirst, createAskFirst } from './ask-first.ts';
import { createOwnForms, type OwnForms } from './forms.ts';
import { createOwnMethods, type OwnMethods, type OwnMethodsNeeds } from './methods.ts';
import { createMembership, type Membership, type MembershipNeeds } from './session.ts';
import { createSetUp, type SetUp, type SetUpNeeds } from './set-up.ts';

/** What the pages of an account share. */
export interface AccountParts {
  membership: Membership;
  forms: OwnForms;
  methods: OwnMethods;
  setUp: SetUp;
  confirm: AskFirst;
}

export type AccountPartsNeeds = MembershipNeeds & OwnMethodsNeeds & SetUpNeeds;

export function createAccountParts(deps: AccountPartsNeeds, csrf: Csrf): AccountParts {
  const membership = createMembership(deps);
  const forms = createOwnForms(csrf);
  return {
    membership,
    forms,
    methods: createOwnMethods(deps, forms, membership),
    setUp: createSetUp(deps, forms, membership),
    confirm: createAskFirst(deps, forms),
  };
}
