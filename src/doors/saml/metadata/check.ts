import { publicKeyOf, reasonOf } from '../../../saml/index.ts';
import { attributeTable } from '../response/attribute-table.ts';
import type { SamlApplication, SamlSettings } from '../settings.ts';
import type { ConfiguredApplication } from './configured.ts';

export interface ApplicationFault {
  application: string;
  /** Below `applications.<id>.saml`. */
  path: string;
  message: string;
}

/** Faults of a configuration that its schema can't see. What others wrote is none: `reviewApplications` warns of it. */
export function checkApplications(applications: readonly ConfiguredApplication[]): ApplicationFault[] {
  const claimed = new Map<string, string>();
  return applications.flatMap(({ id, settings }) => {
    const faults = faultsOf(settings);
    const { entityId } = settings;
    const other = entityId === undefined ? undefined : claimed.get(entityId);
    if (other !== undefined) faults.push({ path: 'entityId', message: `is that of applications.${other} already` });
    if (entityId !== undefined) claimed.set(entityId, id);
    return faults.map((fault) => ({ application: id, ...fault }));
  });
}

/** A misspelt attribute would be released to nobody, silently. */
export function attributeFaults(
  applications: readonly ConfiguredApplication[],
  settings: Pick<SamlSettings, 'attributes'> | undefined,
): ApplicationFault[] {
  if (settings === undefined) return [];
  const table = attributeTable(settings.attributes);
  return applications.flatMap(({ id, settings: { attributes = [], nameIdFrom } }) => {
    const named = attributes.map((name, at) => ({ name, path: `attributes.${at}` }));
    if (nameIdFrom !== undefined) named.push({ name: nameIdFrom, path: 'nameIdFrom' });
    return named
      .filter(({ name }) => !table.has(name))
      .map(({ name, path }) => {
        return { application: id, path, message: `${name} is neither built in nor in doors.saml.attributes` };
      });
  });
}

type Fault = Omit<ApplicationFault, 'application'>;

function faultsOf({ metadata, federation, entityId, nameId, nameIdFrom }: SamlApplication): Fault[] {
  if (nameIdFrom !== undefined && nameId !== 'unspecified') {
    return [{ path: 'nameIdFrom', message: 'says what a name of no format is: it needs nameId: unspecified' }];
  }
  if (federation && entityId !== undefined) {
    return [{ path: 'entityId', message: 'names one entity, and federation: true means all of them: leave one out' }];
  }
  const certificate = certificateFault(metadata.certificate);
  if (certificate !== undefined) return [{ path: 'metadata.certificate', message: certificate }];
  if ('mdq' in metadata && !federation && entityId === undefined) {
    return [{ path: 'entityId', message: 'is missing: a query server is asked for an entity, or federation: true' }];
  }
  return [];
}

function certificateFault(certificate: string | undefined): string | undefined {
  try {
    if (certificate !== undefined) publicKeyOf(certificate);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
