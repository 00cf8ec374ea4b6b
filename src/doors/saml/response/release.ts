import type { ServiceProvider } from '../../../saml/index.ts';
import type { SamlApplication } from '../settings.ts';
import { meantBy } from './attribute-names.ts';
import type { AttributeTable } from './attribute-table.ts';

/** An attribute to release, by FriendlyName. */
export interface Released {
  name: string;
  /** Only these values, where the service provider lists some (saml-metadata section 2.4.4.2). */
  only?: readonly string[];
  /** The name and its format that the service provider asks for, where they aren't ours: it reads no other. */
  as?: { name: string; format?: string };
}

export type ReleaseProvider = Pick<
  ServiceProvider,
  'entityCategories' | 'subjectIdRequirement' | 'attributeConsumingServices'
>;
export type ReleaseApplication = Pick<SamlApplication, 'attributes' | 'entityCategories'>;
type Requested = ServiceProvider['attributeConsumingServices'][number]['attributes'];

interface Category {
  /** Values of the entity attribute that stand for it. */
  uris: readonly string[];
  /** Released to its members. */
  bundle: readonly string[];
  /** Subject identifiers released where the provider's metadata requires one. */
  onRequirement: readonly string[];
  /** Releases what the provider's metadata marks as required. */
  required?: true;
}

const PERSON = ['displayName', 'givenName', 'sn', 'mail', 'eduPersonScopedAffiliation'];

/** Entity categories of REFEDS and GÉANT, by the name of the setting. Attributes that nobody configured are left out. */
const CATEGORIES: Readonly<Record<SamlApplication['entityCategories'][number], Category>> = {
  // https://refeds.org/research-and-scholarship section 5
  'research-and-scholarship': {
    uris: ['http://refeds.org/category/research-and-scholarship'],
    bundle: ['eduPersonPrincipalName', ...PERSON],
    onRequirement: ['subject-id', 'pairwise-id'],
  },
  // https://refeds.org/category/code-of-conduct/v2, and GÉANT's version 1
  'code-of-conduct': {
    uris: [
      'http://www.geant.net/uri/dataprotection-code-of-conduct/v1',
      'https://refeds.org/category/code-of-conduct/v2',
    ],
    bundle: [],
    onRequirement: ['subject-id', 'pairwise-id'],
    required: true,
  },
  anonymous: {
    uris: ['https://refeds.org/category/anonymous'],
    bundle: ['eduPersonScopedAffiliation', 'schacHomeOrganization'],
    onRequirement: [],
  },
  pseudonymous: {
    uris: ['https://refeds.org/category/pseudonymous'],
    bundle: ['pairwise-id', 'eduPersonAssurance', 'eduPersonScopedAffiliation', 'schacHomeOrganization'],
    onRequirement: ['pairwise-id'],
  },
  personalized: {
    uris: ['https://refeds.org/category/personalized'],
    bundle: ['subject-id', ...PERSON, 'eduPersonAssurance', 'schacHomeOrganization'],
    onRequirement: ['subject-id', 'pairwise-id'],
  },
};

/**
 * What is released to a service provider, in the table's order: what its application names, and what those of its
 * entity categories allow that the application accepts. Of that, where its metadata lists what it requests, only
 * what it requests; and of subject-id and pairwise-id only the one that it requires.
 */
export function releasedTo(
  provider: ReleaseProvider,
  application: ReleaseApplication,
  table: AttributeTable,
  serviceIndex?: number,
): Released[] {
  const requested = serviceOf(provider, serviceIndex);
  const allowed = new Set([
    ...(application.attributes ?? []),
    ...application.entityCategories.flatMap((category) => byCategory(CATEGORIES[category], provider, requested, table)),
  ]);
  const identifiers = identifiersOf(provider.subjectIdRequirement, allowed);
  const wishes = wishesOf(requested, table);
  const released: Released[] = [];
  for (const [name, { name: uri }] of table) {
    if (!allowed.has(name)) continue;
    if (IDENTIFIERS.includes(name)) {
      if (identifiers.includes(name)) released.push({ name });
      continue;
    }
    if (requested.length === 0) released.push({ name });
    for (const { name: asked, nameFormat: format, values } of wishes.get(name) ?? []) {
      const as = asked === uri ? {} : { as: { name: asked, ...(format !== undefined && { format }) } };
      released.push({ name, ...as, ...(values.length > 0 && { only: values }) });
    }
  }
  return released;
}

/** What is requested, by the FriendlyName of what is meant. */
function wishesOf(requested: Requested, table: AttributeTable): ReadonlyMap<string | undefined, Requested> {
  return Map.groupBy(requested, (wish) => meantBy(wish, table));
}

/** Names that a service provider requests in any of its services, and that mean nothing here. */
export function unmatchedIn(
  provider: Pick<ReleaseProvider, 'attributeConsumingServices'>,
  table: AttributeTable,
): string[] {
  const requested = provider.attributeConsumingServices.flatMap(({ attributes }) => attributes);
  return [...new Set((wishesOf(requested, table).get(undefined) ?? []).map(({ name }) => name))];
}

/** The service that the request names, else the default one, else the first; none where an index means none. */
function serviceOf({ attributeConsumingServices: services }: ReleaseProvider, index: number | undefined): Requested {
  const named = index === undefined ? undefined : services.find((service) => service.index === index);
  const service = named ?? services.find(({ isDefault }) => isDefault) ?? services[0];
  return service?.attributes ?? [];
}

function byCategory(
  category: Category,
  provider: ReleaseProvider,
  requested: Requested,
  table: AttributeTable,
): readonly string[] {
  if (!category.uris.some((uri) => provider.entityCategories.includes(uri))) return [];
  const required = category.required ? requested.filter((attribute) => attribute.required) : [];
  const meant = new Set(required.map((wish) => meantBy(wish, table)));
  const names = [...table].filter(([name]) => meant.has(name));
  const onRequirement = REQUIRING.includes(provider.subjectIdRequirement ?? '') ? category.onRequirement : [];
  return [...category.bundle, ...names.map(([name]) => name), ...onRequirement];
}

const REQUIRING = ['subject-id', 'pairwise-id', 'any'];

/** What tells less comes first. */
const IDENTIFIERS = ['pairwise-id', 'subject-id'];

/** SAML V2.0 Subject Identifier Attributes Profile section 5: `any` is met by the one that tells less. */
function identifiersOf(requirement: string | undefined, allowed: ReadonlySet<string>): string[] {
  const offered = IDENTIFIERS.filter((name) => allowed.has(name));
  if (requirement === 'none') return [];
  if (requirement === 'any') return offered.slice(0, 1);
  if (requirement === 'subject-id' || requirement === 'pairwise-id') return offered.filter((it) => it === requirement);
  return offered;
}
