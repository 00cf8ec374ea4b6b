import type { Account } from '../../core/account.ts';
import type { Proved, Refused } from '../../core/challenge.ts';
import { crockford, grouped } from '../../core/crockford.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Issued } from '../../core/factor-powers.ts';
import type { Answer } from '../../core/prompt.ts';
import { findHash, hashOf, LENGTH } from './codes.ts';
import { methodName } from './names.ts';
import { credential, type Data, type Pending, pending, type Settings, type Sheet, settings } from './schemas.ts';

const COUNT = 10;
/** With so many left, new ones are due. */
const FEW = 3;

const refuse = (key: string): Refused => ({ outcome: 'refused', message: { key }, reason: key });
const left = (sheets: readonly Sheet[]): number => sheets.reduce((sum, { data }) => sum + data.unused.length, 0);

function issue(ports: FactorPorts, account: Account): Issued<Data> {
  const salt = Buffer.from(ports.random(16)).toString('base64url');
  const codes = Array.from({ length: COUNT }, () => crockford(ports.random(LENGTH)));
  return {
    name: methodName(account.locale),
    data: { salt, unused: codes.map((code) => hashOf(code, salt)) },
    replaces: true,
    shown: { codes: codes.map(grouped), note: { key: 'note' } },
  };
}

/** The hash goes with the use: stored by compare-and-set, so that of any number of uses at once one counts. */
function verify(sheets: readonly Sheet[], answer: Answer, account: Account | undefined, now: number) {
  for (const sheet of sheets) {
    const { salt, unused } = sheet.data;
    const found = findHash(answer.code, salt, unused);
    if (found === undefined || account === undefined) continue;
    const proved: Proved<Data> = {
      outcome: 'proved',
      proof: {
        factor: 'recovery',
        credential: sheet.id,
        amr: ['otp'],
        // A sheet that one has: look-up secrets (NIST SP 800-63B-4 section 3.1.2).
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: now,
      },
      update: { credential: sheet.id, data: { salt, unused: unused.filter((hash) => hash !== found) } },
    };
    return proved;
  }
  return refuse('wrong');
}

function create(_settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  return {
    async challenge(_account, sheets) {
      const text = { key: 'text', values: { count: left(sheets) } };
      const [title, label] = [{ key: 'title' }, { key: 'label' }];
      return { prompt: { kind: 'code', title, text, label, numeric: false, length: LENGTH }, pending: {} };
    },
    verify: async (_pending, sheets, answer, account) => verify(sheets, answer, account, ports.now()),
    usable: (_account, sheets) => left(sheets) > 0,
    issues: { issue: async (account) => issue(ports, account), selfService: { choices: [] } },
    recovers: { code: 'saved', standsOn: () => 'saved' },
    shows: {
      state({ data: { unused } }) {
        const count = unused.length;
        return { message: { key: 'state.left', values: { count } }, warn: count <= FEW };
      },
    },
  };
}

/** Recovery codes: ten on a sheet of paper, each good once. Field: `code`. */
const recovery: FactorModule<Settings, Data, Pending> = {
  id: 'recovery',
  kinds: ['possession'],
  amr: ['otp'],
  prompts: ['code'],
  standing: 'spare',
  settings,
  credential,
  pending,
  maximum: () => 1,
  create,
};

export default recovery;
