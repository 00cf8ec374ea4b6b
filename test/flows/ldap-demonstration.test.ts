import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { forms } from '../support/forms.ts';
import { PersonAtBrowser } from '../support/gateway.ts';
import { startScript } from '../support/package-script.ts';
import { freePort } from '../support/ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('signs in the people of config/ldap.yaml, started as it says', async () => {
  const folder = temporaryFolder();
  const [gateway, site, management, directory] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const where = ['--folder', join(folder, 'data/ldap/directory'), '--port', String(directory)];
  const shown = await startScript('demo:ldap', where, 'erin has to');
  const passwordOf = (name: string) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(shown)?.[1] ?? '';
  const config = readFileSync(join(root, 'config/ldap.yaml'), 'utf8')
    .replaceAll('localhost:3000', `localhost:${gateway}`)
    .replaceAll('127.0.0.1:3001', `127.0.0.1:${site}`)
    .replaceAll('port: 3001', `port: ${site}`)
    .replaceAll('localhost:3636', `localhost:${directory}`);
  const file = join(folder, 'config/ldap.yaml');
  mkdirSync(join(folder, 'config'));
  writeFileSync(file, `${config}\nlisten: { port: ${gateway} }\nmanagement: { port: ${management} }\n`);
  const says = await startScript('start', ['--config', file], 'Stop with Ctrl-C');
  expect(says).not.toContain('user passwd');

  const place = { url: `http://localhost:${gateway}`, relyingParty: `http://127.0.0.1:${site}`, serviceProvider: '' };
  const comes = () => new PersonAtBrowser({ ...place, now: Date.now }, new Client());
  const chan = comes();
  const page = await chan.password(await chan.begin('library'), 'chan', passwordOf('chan'));
  expect(page.url.pathname).toBe('/library');
  const form = forms(page.body).find(({ action }) => action.endsWith('/userinfo'));
  expect((await chan.client.post(new URL(form?.action ?? '', page.url), form?.fields ?? {})).text).toContain('陳大文');
  const wrong = comes();
  expect((await wrong.password(await wrong.begin('library'), 'chan', passwordOf('bob'))).text).toContain('isn’t right');
  const erin = comes();
  const asked = await erin.password(await erin.begin('library'), 'erin', passwordOf('erin'));
  expect(asked.text).toContain('set by somebody else');
  const next = 'a new one that nobody knows 42';
  expect((await erin.answer(asked, { current: passwordOf('erin'), next })).url.pathname).toBe('/library');
});
