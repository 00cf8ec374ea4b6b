import { readFileSync, statSync } from 'node:fs';
import { attributeTable } from '../response/attribute-table.ts';
import type { SamlApplication, SamlSettings } from '../settings.ts';
import { compile, publicKeyOf } from './compile.ts';
import { missingFrom, reasonOf } from './fault.ts';
import { SMALL } from './load.ts';
import type { ConfiguredApplication } from './ports.ts';
import { Snapshot } from './snapshot.ts';

export interface ApplicationFault {
  application: string;
  /** Below `applications.<id>.saml`. */
  path: string;
  message: string;
}

/** Faults of a configuration that its schema can't see. Nothing is fetched; `now` is epoch milliseconds. */
export function checkApplications(
  applications: readonly ConfiguredApplication[],
  now = Date.now(),
): ApplicationFault[] {
  const claimed = new Map<string, string>();
  return applications.flatMap(({ id, settings }) => {
    const faults = faultsOf(settings, now);
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

function faultsOf({ metadata, federation, entityId, nameId, nameIdFrom }: SamlApplication, now: number): Fault[] {
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
  if (!('file' in metadata)) return [];
  const fault = fileFault(metadata.file, metadata.certificate, federation ? 'all' : entityId, now);
  return fault === undefined ? [] : [{ path: 'metadata.file', message: fault }];
}

function certificateFault(certificate: string | undefined): string | undefined {
  try {
    if (certificate !== undefined) publicKeyOf(certificate);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Of a file that is small; a large one is read when the gateway starts. */
function fileFault(
  file: string,
  certificate: string | undefined,
  wanted: string | undefined,
  now: number,
): string | undefined {
  try {
    if (statSync(file).size > SMALL) return undefined;
    const { bytes, count, refused } = compile(readFileSync(file), certificate, now);
    if (wanted === 'all') return undefined;
    const found = wanted === undefined ? count === 1 : new Snapshot(bytes, count).find(wanted) !== undefined;
    if (found) return undefined;
    const [refusal] = refused.filter(({ entityId }) => wanted === undefined || entityId === wanted);
    return `${missingFrom(count, wanted)}${refusal === undefined ? '' : ` (${refusal.reason})`}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === undefined ? reasonOf(error) : `the file ${file} can't be read: ${code}`;
  }
}
