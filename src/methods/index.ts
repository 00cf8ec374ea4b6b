/**
 * How people come to the methods that they sign in with, and change them: set up, handed out, suggested, replaced and
 * removed, the password included. It needs whoever ends sessions and grants; it gives pages and journey what they do.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { AssuranceRoom } from '../assurance/index.ts';
import type { LockoutRoom } from '../lockout/index.ts';
import { createCampaigns } from './campaigns.ts';
import { createEnding } from './ending.ts';
import { createEnrolment } from './enrolment.ts';
import { createIssuing } from './issuing.ts';
import { createLinking } from './linking.ts';
import { createMethods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';
import { createOutThere } from './out-there.ts';
import { createPasswords } from './passwords.ts';
import { createPortal } from './portal.ts';
import { createSuggestions } from './suggestions.ts';

export type { MethodsNeeds } from './needs.ts';

export function methodsRoom(needs: MethodsNeeds, below: LockoutRoom & AccountsRoom & AssuranceRoom) {
  const methods = createMethods(needs, { ...below, validityNow: below.evaluator.validityNow });
  const issuing = createIssuing(needs, { ...below, methods });
  const endEverything = createEnding(needs, below);
  below.evaluator.hearOut(createOutThere(needs, { ...below, methods }));
  return {
    methods,
    endEverything,
    issuing,
    linking: createLinking(needs, { ...below, methods }),
    enrolment: createEnrolment(needs, { ...below, methods }),
    passwords: createPasswords(needs, { ...below, endEverything, methods }),
    portal: createPortal(needs, { ...below, issuing }),
    suggestions: createSuggestions(needs),
    campaigns: createCampaigns(needs),
  };
}

export type MethodsRoom = ReturnType<typeof methodsRoom>;
