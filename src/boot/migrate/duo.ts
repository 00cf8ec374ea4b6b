import type { Movable } from '../../core/factor-powers.ts';
import { type Cells, cellsOf } from './columns.ts';
import type { Moving, Reader } from './things.ts';

/** Types of tokens that make codes by OATH: with a button or a clock, of six or eight digits. */
const OATH = /^(h6|h8|t6|t8)$/;

/**
 * Users as Duo's Admin Panel exports them, in the columns that its import takes: `username`, `status`, `phone1`,
 * `platform1`, `token1`, `type1` and so on (duo.com/docs/importing-users). There are no secrets in it.
 */
export const readDuo: Reader = function* (text) {
  for (const row of cellsOf(text, ['username'])) {
    if ('fault' in row) yield row;
    else if (row.cell('username') === '') yield { line: row.line, fault: 'no user name' };
    else yield personOf(row);
  }
};

function personOf(row: Cells): Moving {
  const { line, cell } = row;
  const status = cell('status').toLowerCase();
  const gone = status === 'disabled' || status === 'pending deletion';
  const platforms = new Map(row.numbered('platform').map(({ number, value }) => [number, value.toLowerCase()]));
  const types = new Map(row.numbered('type').map(({ number, value }) => [number, value.toLowerCase()]));
  const things: Movable[] = [];
  const left: { what: string; why: string }[] = [];
  for (const { number, value } of row.numbered('phone')) {
    const platform = platforms.get(number) ?? '';
    if (platform === 'landline') left.push({ what: 'phones', why: 'a land line gets no text messages' });
    else if (!gone) things.push({ kind: 'phone', number: value });
    if (/^(iphone|android|smartphone|.*phone)$/.test(platform)) {
      left.push({ what: 'keys of Duo Mobile', why: 'they don’t leave the phone: set up the authenticator anew' });
    }
  }
  for (const { number, value } of row.numbered('token')) {
    const type = types.get(number) ?? 'h6';
    if (!OATH.test(type)) left.push({ what: 'tokens', why: `type ${type.slice(0, 10)} isn’t OATH` });
    else if (!gone) things.push({ kind: 'token', serial: value });
  }
  if (gone) left.push({ what: 'people', why: `${status} at Duo` });
  if (status === 'bypass') left.push({ what: 'people on bypass', why: 'nothing is asked of them at Duo' });
  return { line, login: cell('username'), things, left };
}
