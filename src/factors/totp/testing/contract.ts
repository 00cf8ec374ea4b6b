import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { MINUTE, START } from '../../../../test/support/sign-in.ts';
import type { Challenge } from '../../../core/challenge.ts';
import type { Answer } from '../../../core/prompt.ts';
import { type Authenticator, createAuthenticator } from '../double.ts';
import { desk } from '../tokens/testing/desk.ts';
import { hotp } from '../tokens/testing/tokens.ts';

/** An app, and a token of the institution's that nobody has yet. */
const contract: FactorContract = {
  powers: ['enrols', 'assigns', 'sorts', 'moves', 'recovers', 'takesOver'],
  async open() {
    const { factor, clock, tokens, alice, bob } = desk({}, START);
    await tokens.insert(hotp('H-1'));
    let app: Authenticator | undefined;
    const codeFor = ({ prompt }: Challenge<unknown>): string => {
      if (prompt.kind === 'code' && prompt.setup) app = createAuthenticator(prompt.setup.uri);
      return app?.codeAt(clock.now) ?? '';
    };
    return {
      ...{ factor, account: alice, stranger: bob, held: [] },
      async answer(asked): Promise<Answer> {
        return asked.prompt.kind === 'choice' ? { choice: 'app' } : { code: codeFor(asked) };
      },
      async wrong(asked): Promise<Answer> {
        if (asked.prompt.kind === 'choice') return { choice: 'none' };
        return { code: String((Number(codeFor(asked)) + 1) % 1_000_000).padStart(6, '0') };
      },
      pass() {
        clock.now += 5 * MINUTE;
      },
      assigns: { number: 'H-1', unknown: 'H-2' },
      takesOver: { kind: 'token', serial: 'H-1' },
      sorts: ([app]) => (app ? [app, { ...app, data: { serial: 'H-1', digits: 6 } }] : []),
      moves: ([there]) => ({
        there,
        ...(there && { elsewhere: { ...there, data: { serial: 'H-1', digits: 6 } } }),
      }),
    };
  },
};

export default contract;
