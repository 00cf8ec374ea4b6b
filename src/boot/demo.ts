import { relative } from 'node:path';
import type { DemoApplication } from '../../demo/relying-party/application.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';

/** What each demo application's policy asks, in words. */
const ASKS: Readonly<Record<string, string>> = {
  library: 'A password is enough.',
  courses: 'A second step, remembered for 30 days on your own device.',
  payroll: 'A second step at every sign-in.',
};

interface ConfidentialClient {
  clientSecret?: string;
}

/** Demo accounts with generated passwords, printed once, and the demo's applications on another site. */
export async function startDemo(config: Config, app: App): Promise<{ close(): Promise<void> }> {
  const made: string[] = [];
  for (const { username, name, groups, email } of config.demo?.accounts ?? []) {
    const options = { name, groups: groups.join(','), email };
    const { lines, exitCode } = await app.host.run({
      name: 'user add',
      input: { args: [username], options, stdin: '' },
    });
    const password = exitCode === 0 ? /: (\S+)$/.exec(lines.at(-1) ?? '')?.[1] : undefined;
    if (password) made.push(`${username.padEnd(19)} ${password}`);
  }
  const applications = [...config.applications.values()].flatMap(({ id, name, settings }): DemoApplication[] => {
    const { clientSecret } = settings as ConfidentialClient;
    const label = typeof name === 'string' ? name : (name.en ?? id);
    return clientSecret ? [{ id, name: label, clientId: id, clientSecret, asks: ASKS[id] ?? '' }] : [];
  });
  // Only here: an installation has neither the folder nor its libraries.
  const { startRelyingParty } = await import('../../demo/relying-party/server.ts');
  const relyingParty = await startRelyingParty({
    port: config.demo?.relyingParty.port ?? 3001,
    host: '127.0.0.1',
    issuer: config.issuer,
    applications,
  });
  const lines = [
    '',
    `Sallyport is at     ${config.issuer}`,
    `Try an application  ${relyingParty.url}  (Library, Courses, Payroll)`,
    `Your account        ${config.issuer}/account`,
    `Health and metrics  http://${config.management.host}:${config.management.port}/health/ready`,
    '',
    ...(made.length > 0
      ? ['Demo accounts, their passwords shown this once:', ...made]
      : ['The demo accounts exist already. A new password for one: npm run sallyport -- user passwd alice']),
    '',
    `Everything is kept in ${relative(process.cwd(), config.data) || '.'}. Stop with Ctrl-C.`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return relyingParty;
}
