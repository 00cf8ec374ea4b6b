import type { Account } from '../../../core/account.ts';
import type { Attribute } from '../../../saml/index.ts';
import type { AttributeTable, ValueContext } from './attribute-table.ts';
import type { Released } from './release.ts';

/** saml-core section 8.2.1: what a name without a format has. */
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified';

/** The attributes of a person, of those that are released; those without a value are left out. */
export function attributesOf(
  account: Account,
  released: readonly Released[],
  table: AttributeTable,
  context: ValueContext,
): Attribute[] {
  return released.flatMap(({ name: friendlyName, only, as }) => {
    const definition = table.get(friendlyName);
    if (!definition) return [];
    const held = definition.values(account, context);
    const values = only === undefined ? held : held.filter((value) => only.includes(value));
    const { name = definition.name, format } = as ?? {};
    return values.length === 0
      ? []
      : [{ name, ...(as && { nameFormat: format ?? UNSPECIFIED }), friendlyName, values }];
  });
}
