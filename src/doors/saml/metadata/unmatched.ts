import type { Trouble } from '../../../core/trouble.ts';
import type { ServiceProvider } from '../../../saml/index.ts';
import type { AttributeTable } from '../response/attribute-table.ts';
import { releasedTo, unmatchedIn } from '../response/release.ts';
import type { SamlApplication } from '../settings.ts';

/** How many names one sentence has. */
const NAMED = 20;

/**
 * What a service provider asks for by names that nobody here knows; and where it gets nothing at all of what its
 * application is given, that: its assertions would be empty, and nobody would say so.
 */
export function unmatchedTrouble(
  application: string,
  provider: ServiceProvider,
  settings: Pick<SamlApplication, 'attributes' | 'entityCategories'>,
  table: AttributeTable,
): Trouble[] {
  const unmatched = unmatchedIn(provider, table);
  const names = unmatched.slice(0, NAMED).join(', ');
  const reasons = unmatched.length === 0 ? [] : [`its metadata requests attributes that aren’t known here: ${names}`];
  const given = settings.attributes?.length ?? 0;
  if (given > 0 && releasedTo(provider, settings, table).length === 0) {
    const asked = provider.attributeConsumingServices.length > 0 ? 'its metadata requests others' : 'none can be sent';
    reasons.push(`none of its ${given} attributes is sent: ${asked}`);
  }
  return reasons.map((reason) => ({ application, state: 'incomplete', about: 'attributes', reason }));
}
