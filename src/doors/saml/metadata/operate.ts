import { isAbsolute } from 'node:path';
import type { LocalizedText } from '../../../core/account.ts';
import type { CommandInput, CommandResult } from '../../../core/directory.ts';
import type { Door } from '../../../core/door.ts';
import { MetadataFault, plain, SamlFault, type ServiceProvider } from '../../../saml/index.ts';
import { type Found, type Importer, isAddress } from './importer.ts';
import type { Parties } from './registry.ts';

/** The door as its commands know it. */
export interface SamlDoor extends Door, Pick<Parties, 'repin'> {
  readonly importer: Importer;
}

/** How many service providers are listed one by one. */
const LISTED = 50;

/** The door that brings these commands. */
function own(door: Door): SamlDoor {
  if (!('importer' in door && 'repin' in door)) throw new TypeError('its commands need the SAML door');
  return door as SamlDoor;
}

/** Says what metadata would bring, and changes nothing. */
export async function look(door: Door, { args, options }: CommandInput): Promise<CommandResult> {
  const [location = ''] = args;
  const certificate = typeof options.certificate === 'string' ? options.certificate : undefined;
  if (certificate !== undefined && !isAbsolute(certificate)) {
    return { lines: ['Name the certificate’s file by its absolute path: the gateway reads it.'], exitCode: 1 };
  }
  return refusable(async () => {
    const found = await own(door).importer.read(location, certificate, LISTED);
    const lines = [...summary(found), '', ...listing(found), '', ...snippet(location, certificate, found)];
    return { lines: found.count > 0 ? lines : lines.slice(0, -1), exitCode: found.count > 0 ? 0 : 1 };
  });
}

/** Takes what an application's metadata describes now, in the place of what it was pinned to. */
export async function repin(door: Door, { args: [application = ''] }: CommandInput): Promise<CommandResult> {
  return refusable(async () => {
    const { from, to } = await own(door).repin(application);
    const before = from === undefined || from === to ? '' : `, and no longer ${from}`;
    return { lines: [plain(`${application} is ${to}${before}.`)], exitCode: 0 };
  });
}

async function refusable(work: () => Promise<CommandResult>): Promise<CommandResult> {
  try {
    return await work();
  } catch (error) {
    // What the person at the terminal can put right; anything else is a fault of ours.
    if (error instanceof MetadataFault || error instanceof SamlFault) {
      return { lines: [`Refused: ${plain(error.message)}`], exitCode: 1 };
    }
    throw error;
  }
}

function summary({ count, refusedCount, others, validUntil, verified }: Found): string[] {
  const until = validUntil === undefined ? [] : [`Valid until ${new Date(validUntil).toISOString()}.`];
  return [
    `${count} service providers, ${refusedCount} refused, ${others} other entities.`,
    ...until,
    verified ? 'The signature is good.' : 'The signature was not checked: give --certificate to do so.',
  ];
}

function listing({ providers, count, refused, refusedCount, requests }: Found): string[] {
  const unmatched = (entityId: string): string[] => {
    const names = requests.get(entityId)?.unmatched ?? [];
    if (names.length === 0) return [];
    return [`  warning: it requests attributes that aren’t known here: ${plain(names.join(', '))}`];
  };
  return [
    ...providers.flatMap((provider) => [
      `accepted ${provider.entityId}${named(provider)}`,
      ...unmatched(provider.entityId),
    ]),
    ...(count > providers.length ? [`accepted ${count - providers.length} more`] : []),
    ...refused.map(({ entityId, reason }) => plain(`refused ${entityId ?? '(no entityID)'}: ${reason}`)),
    ...(refusedCount > refused.length ? [`refused ${refusedCount - refused.length} more`] : []),
  ];
}

function named({ displayName }: ServiceProvider): string {
  const name = displayName === undefined ? undefined : firstOf(displayName);
  return name === undefined ? '' : ` (${name})`;
}

function firstOf(text: LocalizedText): string | undefined {
  return typeof text === 'string' ? text : (text.en ?? Object.values(text)[0]);
}

/** What to put into the configuration. Values are written as JSON, which is YAML as well. */
function snippet(location: string, certificate: string | undefined, found: Found): string[] {
  const { providers, count, requests } = found;
  const [first] = providers;
  if (first === undefined) return [];
  const alone = count === 1;
  const known = requests.get(first.entityId)?.known ?? [];
  const name = alone ? (firstOf(first.displayName ?? first.entityId) ?? first.entityId) : 'Members of the federation';
  const where = isAddress(location) ? 'url' : 'file';
  const file = certificate ?? (where === 'url' ? '/path/to/the/federation’s/certificate.pem' : undefined);
  return [
    'applications:',
    `  ${alone ? idOf(first.entityId) : 'federation'}:`,
    `    name: ${JSON.stringify(name)}`,
    '    saml:',
    '      metadata:',
    `        ${where}: ${JSON.stringify(location)}`,
    ...(file === undefined ? [] : [`        certificate: ${JSON.stringify(`\${file:${file}}`)}`]),
    ...(alone && known.length > 0
      ? [`      # attributes: [${known.join(', ')}] # what it requests: decide what it gets`]
      : []),
    ...(alone ? [] : ['      federation: true # or entityId: for one of them']),
  ];
}

/** An id made of the entity's host, or of its name. */
function idOf(entityId: string): string {
  const host = URL.canParse(entityId) ? new URL(entityId).hostname : '';
  const words = (host || entityId).toLowerCase().match(/[a-z0-9]+/g) ?? ['application'];
  return words.join('-').slice(0, 63).replace(/-$/, '');
}
