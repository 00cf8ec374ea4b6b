/**
 * How a request stands: what was proven in its session, what a remembered device or a live connection proves for it,
 * and whether that is enough. It needs accounts, the lock-out, the rules and the ephemeral store; everybody asks its evaluator.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { LockoutRoom } from '../lockout/index.ts';
import { createConnections } from './connections.ts';
import { createEvaluator } from './evaluate.ts';
import { createEvidence } from './evidence.ts';
import type { AssuranceNeeds } from './needs.ts';
import { createTrustedDevices } from './trusted-devices.ts';

export type { AssuranceNeeds } from './needs.ts';

export function assuranceRoom(needs: AssuranceNeeds, below: AccountsRoom & LockoutRoom) {
  const evidence = createEvidence(needs.ephemeral);
  const devices = createTrustedDevices(needs);
  const connections = createConnections();
  const evaluator = createEvaluator(needs, { ...below, evidence, devices, connections });
  return { evidence, devices, connections, evaluator };
}

export type AssuranceRoom = ReturnType<typeof assuranceRoom>;
