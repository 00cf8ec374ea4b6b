import type { Command } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';

const operate = () => import('./metadata/operate.ts');

export const groups = { saml: 'look at metadata of SAML service providers, and pin anew whom it describes' };

export const commands: readonly Command<Door>[] = [
  {
    name: 'saml import',
    summary: 'look at metadata: which service providers are accepted, which refused and why; prints what to configure',
    arguments: [{ name: '<file-or-url>', description: 'metadata file, or its http(s) address' }],
    options: [{ flags: '--certificate <file>', description: 'PEM file, absolute path: check the signature with it' }],
    run: async (...given) => (await operate()).look(...given),
  },
  {
    name: 'saml repin',
    summary: 'take the entity that an application’s metadata describes now, in the place of the one it was pinned to',
    arguments: [
      {
        name: '<application>',
        description: 'its id; <federation>:<entityID> for a member that two federations describe',
      },
    ],
    run: async (...given) => (await operate()).repin(...given),
  },
];
