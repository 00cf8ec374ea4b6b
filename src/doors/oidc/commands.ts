import type { Command } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';

const operate = () => import('./registration/operate.ts');
const client = [{ name: '<client>', description: 'its client_id' }];

export const groups = { clients: 'clients that register themselves (RFC 7591)' };

export const commands: readonly Command<Door>[] = [
  {
    name: 'clients invite',
    summary: 'print an initial access token, with which a client may register below an application',
    arguments: [{ name: '<application>', description: 'an application with oidc.registration' }],
    options: [
      { flags: '--lifetime <duration>', description: 'how long it is good: 8h, 30d; a day' },
      { flags: '--uses <number>', description: 'how many may register with it; one' },
    ],
    run: async (...given) => (await operate()).invite(...given),
  },
  {
    name: 'clients list',
    summary: 'registered clients: id, state, since when, name, redirect addresses',
    run: async (door) => (await operate()).list(door),
  },
  {
    name: 'clients suspend',
    summary: 'refuse a registered client, and all of its tokens, until it is resumed',
    arguments: client,
    run: async (...given) => (await operate()).suspend(...given),
  },
  {
    name: 'clients resume',
    summary: 'let a suspended client in again',
    arguments: client,
    run: async (...given) => (await operate()).resume(...given),
  },
  {
    name: 'clients remove',
    summary: 'remove a registered client, and with it all of its tokens, for good',
    arguments: client,
    run: async (...given) => (await operate()).remove(...given),
  },
];
