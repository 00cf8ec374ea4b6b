import type { Movable } from '../../core/factor-powers.ts';
import { type Cells, cellsOf } from './columns.ts';
import type { Moving, Reader } from './things.ts';

/** Methods as Graph's registration details name them, and why none of them comes over. */
const LEFT: readonly (readonly [RegExp, string, string])[] = [
  [/passkey|fido|windowsHello/i, 'passkeys', 'they belong to Microsoft’s host: set up new ones'],
  [
    /microsoftAuthenticator/i,
    'keys of Microsoft Authenticator',
    'they don’t leave the phone: set up the authenticator anew',
  ],
  [/softwareOneTimePasscode/i, 'authenticator apps', 'Entra never gives their secrets: set them up anew'],
];

/**
 * People and methods, in the columns of Entra's registration details and of its list of OATH tokens, however they were
 * joined: `userPrincipalName` (or `upn`), `id` (their object's) and `tenantId`, `mobilePhone`, `alternateMobilePhone`, `serialNumber`, `methodsRegistered`.
 * `secretKey` is always empty there.
 */
export const readEntra: Reader = function* (text) {
  const header = text.slice(0, 4_000).split(/\r?\n/, 1)[0]?.toLowerCase() ?? '';
  const upn = /user\s*principal\s*name/.test(header) ? 'userprincipalname' : 'upn';
  for (const row of cellsOf(text, [upn])) {
    if ('fault' in row) yield row;
    else if (row.cell(upn) === '') yield { line: row.line, fault: 'no user principal name' };
    else yield personOf(row, row.cell(upn));
  }
};

function personOf({ line, cell }: Cells, login: string): Moving {
  const things: Movable[] = [];
  for (const name of ['mobilephone', 'alternatemobilephone', 'phonenumber']) {
    // As Graph writes it: `+852 91234567`.
    if (cell(name) !== '') things.push({ kind: 'phone', number: cell(name) });
  }
  const id = cell('id') || cell('objectid');
  const tenant = cell('tenantid');
  if (id !== '') things.push({ kind: 'object', id, ...(tenant === '' ? {} : { tenant }) });
  const serial = cell('serialnumber');
  if (serial !== '') things.push({ kind: 'token', serial });
  const methods = cell('methodsregistered');
  const left = LEFT.filter(([pattern]) => pattern.test(methods)).map(([, what, why]) => ({ what, why }));
  return { line, login, things, left };
}
