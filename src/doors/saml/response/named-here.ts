import type { Account } from '../../../core/account.ts';
import type { DoorPorts } from '../../../core/door.ts';

/** An account as service providers may be told of it. */
export interface NamedHere {
  account: Account;
  /** Whoever gave it its name may name people in our scope. */
  isOurs: boolean;
}

/**
 * What another house calls its people is never told as ours, or it could name anybody here: neither with our scope put
 * to it, nor with a domain of our scope that it brought itself. The operator says who may.
 */
export function namedHere(account: Account, scope: string, mayName: DoorPorts['mayName']): NamedHere {
  const isForeign = (value: string | undefined) =>
    domainsIn(value).some(
      (domain) => (domain === scope || domain.endsWith(`.${scope}`)) && !mayName(account.directory, domain),
    );
  const { email, ...rest } = account;
  return {
    account: {
      ...rest,
      ...(email !== undefined && !isForeign(email) && { email }),
      username: isForeign(account.username) ? '' : account.username,
      name: isForeign(account.name) ? '' : account.name,
    },
    isOurs: mayName(account.directory, scope),
  };
}

/** Whatever could be read as a domain, by readers of lists and of comments in addresses too. */
const domainsIn = (value = ''): string[] =>
  value
    .split('@')
    .slice(1)
    .map((part) => /^\s*([a-z0-9.-]*?)\.*(?:[^a-z0-9.-]|$)/.exec(part.toLowerCase())?.[1] ?? '');
