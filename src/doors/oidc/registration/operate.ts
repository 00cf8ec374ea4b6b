import type { CommandInput, CommandResult } from '../../../core/directory.ts';
import type { AuditPort, Door } from '../../../core/door.ts';
import { parseDuration } from '../../../core/duration.ts';
import { isOpen, type RegisteredClients } from './store.ts';

/** The door as its commands know it. */
export interface OidcDoor extends Door {
  readonly registered: RegisteredClients;
  readonly audit: AuditPort;
  readonly openFor: (application: string) => boolean;
}

const DAY = 86_400_000;

function own(door: Door): OidcDoor {
  if (!('registered' in door)) throw new TypeError('its commands need the OpenID Connect door');
  return door as OidcDoor;
}

const said = (...lines: string[]): CommandResult => ({ lines, exitCode: 0 });
const refused = (line: string): CommandResult => ({ lines: [line], exitCode: 1 });

/** Makes an initial access token, which is shown once. */
export async function invite(door: Door, { args: [application = ''], options }: CommandInput): Promise<CommandResult> {
  const { registered, audit, openFor } = own(door);
  if (!openFor(application)) return refused(`${application} has no oidc.registration: nobody may register below it`);
  const lifetime = typeof options.lifetime === 'string' ? parseDuration(options.lifetime) : DAY;
  const uses = typeof options.uses === 'string' ? Number(options.uses) : 1;
  if (!lifetime || lifetime > 365 * DAY) return refused('--lifetime: write a duration as 8h or 30d, at most 365d');
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > 1_000) return refused('--uses: a number of 1 to 1000');
  await audit.commit({ event: 'client.invited', by: 'cli', application, uses, lifetime });
  const token = await registered.invite(application, lifetime, uses);
  return said(token);
}

export async function list(door: Door): Promise<CommandResult> {
  const all = await own(door).registered.list();
  const lines = all.map(({ id, metadata, suspended, at }) => {
    const name = String(metadata.client_name ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
    const addresses = (metadata.redirect_uris as string[]).join(' ');
    return [id, suspended ? 'suspended' : 'active', new Date(at).toISOString(), name, addresses].join('\t');
  });
  return said(...lines);
}

async function changed(
  door: Door,
  id: string,
  what: { event: string },
  change: () => Promise<boolean>,
): Promise<CommandResult> {
  const { registered, audit } = own(door);
  const unknown = () => refused(`no registered client ${id}`);
  if ((await registered.find(id)) === undefined) return unknown();
  await audit.commit({ ...what, by: 'cli', application: id });
  return (await change()) ? said() : unknown();
}

export const suspend = (door: Door, { args: [id = ''] }: CommandInput) =>
  changed(door, id, { event: 'client.suspended' }, () => own(door).registered.suspend(id, true));

export const resume = (door: Door, { args: [id = ''] }: CommandInput) =>
  changed(door, id, { event: 'client.resumed' }, () => own(door).registered.suspend(id, false));

export const remove = (door: Door, { args: [id = ''] }: CommandInput) =>
  changed(door, id, { event: 'client.removed' }, () => own(door).registered.remove(id));

export { isOpen };
