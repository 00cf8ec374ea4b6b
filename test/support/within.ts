import { expect } from 'vitest';
import type { Scene } from './scene.ts';

/**
 * Sends a request, and changes something in the middle of it: right before it asks for the `moment`th time how the
 * session behind it stands. So what it was let in for is gone when it comes to act.
 */
export async function goneWithin(
  scene: Scene,
  change: () => Promise<unknown>,
  request: () => Promise<unknown>,
  moment: number,
): Promise<void> {
  const { evaluator } = scene.gateway.app.rooms;
  const { evaluate } = evaluator;
  let asked = 0;
  evaluator.evaluate = async (input) => {
    asked += 1;
    if (asked === moment) await change();
    return evaluate(input);
  };
  try {
    await request();
  } finally {
    evaluator.evaluate = evaluate;
  }
  expect(asked).toBeGreaterThanOrEqual(moment);
}
