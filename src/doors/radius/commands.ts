import type { Command } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';

export const groups = { radius: 'try what clients of RADIUS are answered' };

export const commands: readonly Command<Door>[] = [
  {
    name: 'radius clients',
    summary: 'list clients with what was seen of each last: Message-Authenticator, somebody accepted, accounting',
    arguments: [],
    options: [],
    run: async (door) => (await import('./operate.ts')).listClients(door),
  },
  {
    name: 'radius test',
    summary: 'send a request as a client of an application would, and explain the answer; it counts as a sign-in',
    arguments: [
      { name: '<application>', description: 'its id' },
      { name: '<username>', description: 'User-Name, as the client writes it' },
    ],
    options: [
      { flags: '--state <state>', description: 'answer the challenge with this State: type the code instead' },
      { flags: '--address <address>', description: 'as if it came from there; the first of the application’s clients' },
      { flags: '--station <address>', description: 'Calling-Station-Id: the address of the person' },
    ],
    stdin: 'typed',
    run: async (...given) => (await import('./operate.ts')).tryOut(...given),
  },
];
