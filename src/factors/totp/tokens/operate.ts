import type { CommandInput, CommandResult } from '../../../core/directory.ts';
import { typedDigits } from '../../../core/typed.ts';
import { withoutHolder } from './assign.ts';
import { TokenFault } from './fault.ts';
import { credentialsOf, type Desk, giveToken, TRY_AGAIN } from './giving.ts';
import { type Format, importTokens, keyFrom } from './import.ts';
import { inStep } from './moving.ts';
import { createTokens, type Kept } from './store.ts';
import { normaliseSerial, type Token } from './token.ts';

/** Rows of a report that are shown one by one. */
const SHOWN = 200;
/** An operator has the token at hand and no guesses to make: it may be far off. */
const REACH = { window: 0, lookAhead: 0, resync: 1000 };

const fail = (...lines: string[]): CommandResult => ({ lines, exitCode: 1 });
const done = (...lines: string[]): CommandResult => ({ lines, exitCode: 0 });

function formatOf({ options }: CommandInput, text: string): Format {
  const { format } = options;
  if (format === undefined) return /^\uFEFF?\s*</.test(text) ? 'pskc' : 'csv';
  if (format !== 'pskc' && format !== 'csv') throw new TokenFault('--format is pskc or csv');
  return format;
}

export const importFile = async (desk: Desk, input: CommandInput): Promise<CommandResult> => {
  const { stdin: text = '', options } = input;
  const { keyFile, passphraseFile } = options;
  try {
    const secrets = {
      ...(typeof keyFile === 'string' ? { key: keyFrom(keyFile) } : {}),
      // As a line: what an editor or a shell ends it with is no part of it.
      ...(typeof passphraseFile === 'string' ? { passphrase: passphraseFile.replace(/\r?\n$/, '') } : {}),
    };
    const report = await importTokens(text, formatOf(input, text), secrets, desk);
    const { accepted, assigned, refused, unchanged } = report;
    const counts = { accepted, refused: refused.length, ...(report.names ? { assigned } : {}) };
    await desk.audit({ event: 'tokens.imported', ...counts });
    const told = [
      ...refused.map(({ label, reason }) => `refused ${label}: ${reason}`),
      ...report.unassigned.map(({ label, reason }) => `kept ${label}, not given to whom it names: ${reason}`),
    ];
    const shown = told.slice(0, SHOWN);
    if (told.length > SHOWN) shown.push(`refused ${told.length - SHOWN} more`);
    const ofNames = report.names ? `, ${assigned} assigned, ${unchanged} unchanged` : '';
    const lines = [...report.notes, ...shown, `${accepted} accepted, ${refused.length} refused${ofNames}.`];
    return { lines, exitCode: told.length === 0 ? 0 : 1 };
  } catch (error) {
    // What the person at the terminal can put right; anything else is a fault of ours or of the store.
    if (error instanceof TokenFault) return fail(`Nothing was imported: ${error.message}.`);
    throw error;
  }
};

export const list = async (desk: Desk): Promise<CommandResult> => {
  const lines = ['serial\ttype\talgorithm\tdigits\tstep\tvalid until\tholder\tmaker'];
  for await (const token of createTokens(desk).list()) lines.push(row(token));
  return done(...lines);
};

function row(token: Token): string {
  const { serial, type, algorithm, digits, expires, holder, maker } = token;
  const until = expires === undefined ? '' : new Date(expires).toISOString().slice(0, 10);
  const step = token.type === 'totp' ? String(token.period) : '';
  return [serial, type, algorithm, digits, step, until, holder?.username ?? '', maker ?? ''].join('\t');
}

/** Runs with the token that the first argument names. */
function withToken(run: (desk: Desk, kept: Kept, input: CommandInput) => Promise<CommandResult>) {
  return async (desk: Desk, input: CommandInput): Promise<CommandResult> => {
    const [typed = ''] = input.args;
    const serial = normaliseSerial(typed);
    const kept = serial === undefined ? undefined : await createTokens(desk).get(serial);
    return kept ? run(desk, kept, input) : fail(`There is no token ${JSON.stringify(typed)}.`);
  };
}

export const assign = withToken(async (desk, { token: { serial } }, { args: [, username = ''] }) => {
  const given = await giveToken(desk, serial, username);
  return 'account' in given ? done(`${serial} is ${given.account.username}'s now.`) : fail(given.refused);
});

export const unassign = withToken(async (desk, kept) => {
  const { serial, holder } = kept.token;
  if (holder === undefined) return fail(`${serial} is nobody's.`);
  const account = await desk.accountById(holder.account);
  const held = account === undefined ? [] : await credentialsOf(desk, account, serial);
  // The token is freed last: interrupted before that, the command can be given again.
  for (const { id } of held) if (account) await desk.remove(account, id);
  if (!(await createTokens(desk).save(kept, withoutHolder(kept.token)))) return fail(TRY_AGAIN);
  await desk.audit({ event: 'tokens.unassigned', account: holder.account, serial });
  return done(`${serial} is nobody's now; it was ${holder.username}'s.`);
});

/** Holds what is on its way out: nobody's account has such an id. */
const NOBODY = '-';

export const remove = withToken(async (desk, kept) => {
  const { serial, holder } = kept.token;
  const tokens = createTokens(desk);
  const account = holder === undefined ? undefined : await desk.accountById(holder.account);
  const held = account === undefined ? [] : await credentialsOf(desk, account, serial);
  for (const { id } of held) if (account) await desk.remove(account, id);
  // Nobody gets it between here and its removal. Interrupted, the command can be given again.
  const leaving = { account: NOBODY, username: 'being removed', at: desk.now() };
  if (!(await tokens.save(kept, { ...withoutHolder(kept.token), holder: leaving }))) return fail(TRY_AGAIN);
  if (!(await tokens.remove(serial))) return fail(`There is no token ${JSON.stringify(serial)}.`);
  await desk.audit({ event: 'tokens.removed', ...(account ? { account: account.id } : {}), serial });
  return done(`${serial} is removed${account ? `; it was ${account.username}'s` : ''}.`);
});

export const resync = withToken(async (desk, kept, { args }) => {
  const [, first, second] = args.map((code) => typedDigits(code));
  const { serial, holder } = kept.token;
  const wrong = `These aren't two consecutive codes of ${serial}, or they were used already.`;
  if (first === undefined || second === undefined) return fail(wrong);
  const moved = inStep(kept.token, first, second, desk.now(), REACH);
  if (moved === undefined) return fail(wrong);
  if (!(await createTokens(desk).save(kept, moved))) return fail(TRY_AGAIN);
  await desk.audit({ event: 'tokens.resynchronised', ...(holder ? { account: holder.account } : {}), serial });
  return done(`${serial} is in step.`);
});
