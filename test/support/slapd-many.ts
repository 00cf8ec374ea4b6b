import { Client } from 'ldapts';
import type { Slapd } from './slapd.ts';

/** Members of one group: what the server writes at once. */
const TOGETHER = 500;

/** Adds so many people, `many-0` and on; all of them in groups that are called so, where a name is given. */
export async function addMany(slapd: Slapd, people: number, group?: string): Promise<void> {
  const ldap = new Client({ url: slapd.plain, timeout: 120_000 });
  await ldap.bind(slapd.root.dn, slapd.root.password);
  const nameOf = (index: number) => `uid=many-${index},ou=people,${slapd.suffix}`;
  for (let index = 0; index < people; index += 1) {
    const uid = `many-${index}`;
    await ldap.add(nameOf(index), { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid });
  }
  for (let first = 0; group !== undefined && first < people; first += TOGETHER) {
    const within = `ou=from-${first},ou=groups,${slapd.suffix}`;
    const member = Array.from({ length: Math.min(TOGETHER, people - first) }, (_, at) => nameOf(first + at));
    await ldap.add(within, { objectClass: 'organizationalUnit', ou: `from-${first}` });
    await ldap.add(`cn=${group},${within}`, { objectClass: 'groupOfNames', cn: group, member });
  }
  await ldap.unbind();
}
