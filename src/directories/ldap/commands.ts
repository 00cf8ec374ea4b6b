import type { Command, Directory } from '../../core/directory.ts';

export const groups = { ldap: 'look at a directory over LDAP' };

export const commands: readonly Command<Directory>[] = [
  {
    name: 'ldap test',
    summary: 'show step by step whether the servers answer, and what is found of a person; changes nothing',
    arguments: [{ name: '<username>', description: 'as the person types it' }],
    options: [{ flags: '--bind', description: 'check a password too, from standard input: the directory counts it' }],
    stdin: 'present-password',
    run: async (...given) => (await import('./inspect.ts')).test(...given),
  },
];
