import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CommandResult } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { type CommandRequest, commandHandler } from '../commands.ts';
import { managementOf } from '../config/management.ts';
import { plainAddress } from '../config/management-address.ts';
import { controlPath, serveControl } from '../control.ts';
import { lockData } from '../lock.ts';
import { configText, folderWith } from '../testing/folder.ts';
import { testModules, testOffers } from '../testing/modules.ts';
import { main } from './main.ts';

interface Options {
  stdin?: Readable & { isTTY?: boolean };
  sections?: Record<string, unknown>;
  files?: Record<string, string>;
  result?: CommandResult;
  folder?: string;
}

/** Runs a command line; what it printed, and what it asked of a host that it opened itself. */
async function run(words: string[], options: Options = {}) {
  const { stdin = Readable.from([]), sections, files, result = { lines: ['done'], exitCode: 0 } } = options;
  const folder = options.folder ?? folderWith({ 'a.yaml': configText(sections), ...files });
  const printed = { out: '', err: '' };
  const requests: CommandRequest[] = [];
  let closed = 0;
  const io = {
    env: { SALLYPORT_CONFIG: join(folder, 'a.yaml') },
    stdin,
    out: (text: string) => {
      printed.out += text;
    },
    err: (text: string) => {
      printed.err += text;
    },
  };
  const open = async () => ({
    run: async (request: CommandRequest) => {
      requests.push(request);
      return result;
    },
    close: async () => {
      closed += 1;
    },
  });
  const parts = { offers: async () => testOffers, modules: async () => testModules, open };
  const exitCode = await main(['node', 'sallyport', ...words], io, parts);
  return { exitCode, requests, closed, folder, ...printed };
}

const explain = ['policy', 'explain', '--account', 'alice', '--application', 'library'];

describe('sallyport', () => {
  it.each(['--version', '-V'])('%s prints the version of the package', async (flag) => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(await run([flag])).toMatchObject({ exitCode: 0, out: `${version}\n`, err: '' });
  });

  it('--help says what each group of commands is about, in the words of whoever brings it', async () => {
    const { exitCode, out } = await run(['--help']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ {2}user +manage people$/m);
    expect(out).toMatch(/^ {2}keys +list and roll over signing keys/m);
    expect((await run(['user', '--help'])).out).toMatch(/add \[options\] <username> +add a person/);
  });
});

describe('sallyport config', () => {
  it('check says that there are no faults, and warns', async () => {
    const { exitCode, out, err } = await run(['config', 'check'], {
      sections: { issuer: 'https://login.example.org' },
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/a\.yaml: no faults\n$/);
    expect(err).toMatch(/^warning: the issuer is https/);
  });

  it('check names every fault in a line, and ends with 2', async () => {
    const { exitCode, out, err } = await run(['config', 'check'], { sections: { issuer: 'x', lisen: {} } });
    expect([exitCode, out]).toEqual([2, '']);
    expect(err.trim().split('\n')).toEqual([
      expect.stringMatching(/a\.yaml:\d+: lisen: is unknown, did you mean listen\?$/),
      expect.stringMatching(/a\.yaml:\d+: issuer: must be an address/),
    ]);
  });

  it('schema writes the JSON Schema, plug-ins included', async () => {
    const { out, folder } = await run(['config', 'schema']);
    expect(JSON.parse(out)).toMatchObject({ properties: { factors: { properties: { chip: { type: 'object' } } } } });
    await run(['config', 'schema', '--output', join(folder, 'schema.json')]);
    expect(readFileSync(join(folder, 'schema.json'), 'utf8')).toBe(out);
  });

  it('secret makes one that is a sealing key as well, and needs no encoding anywhere', async () => {
    const [first, second] = [await run(['config', 'secret']), await run(['config', 'secret'])];
    expect(first.out).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    expect(first.out).not.toBe(second.out);
    expect(encodeURIComponent(first.out.trim())).toBe(first.out.trim());
    const sections = { secrets: { sealingKey: first.out.trim() } };
    expect((await run(['config', 'check'], { sections })).exitCode).toBe(0);
  });

  it('is taken from --config before the environment', async () => {
    const { folder } = await run(['config', 'check'], { files: { 'b.yaml': configText({ issuer: 'x' }) } });
    expect((await run(['--config', join(folder, 'b.yaml'), 'config', 'check'], { folder })).exitCode).toBe(2);
  });
});

describe('commands of directories', () => {
  it('run here while no server does, and leave nothing locked', async () => {
    const { exitCode, out, requests, closed, folder } = await run(['user', 'add', 'alice', '--full-name', 'Alice A'], {
      stdin: Readable.from(['correct horse\n']),
    });
    expect([exitCode, out, closed]).toEqual([0, 'done\n', 1]);
    expect(requests).toEqual([
      { name: 'user add', input: { args: ['alice'], options: { fullName: 'Alice A' }, stdin: 'correct horse\n' } },
    ]);
    lockData(join(folder, 'data')).release();
  });

  it('run in the server while one does', async () => {
    const folder = folderWith({ 'a.yaml': configText(), 'people.csv': 'username\nalice\n', 'data/keep': '' });
    const received: CommandRequest[] = [];
    const host = {
      run: async (request: CommandRequest) => {
        received.push(request);
        return { lines: ['from the server'], exitCode: 3, revoke: ['secret-key'] };
      },
    };
    const lock = lockData(join(folder, 'data'));
    const server = await serveControl(controlPath(join(folder, 'data')), commandHandler(host));
    onTestFinished(async () => {
      await server.close();
      lock.release();
    });
    const { exitCode, out, requests } = await run(['user', 'import', join(folder, 'people.csv')], { folder });
    expect([exitCode, out, requests]).toEqual([3, 'from the server\n', []]);
    expect(received[0]?.input.stdin).toBe('username\nalice\n');
  });

  it('get a file’s text as it was written, and nothing of one that can’t be read', async () => {
    const folder = folderWith({ 'a.yaml': configText() });
    const file = join(folder, 'people.csv');
    const imported = async (bytes: Uint8Array, ...options: string[]) => {
      writeFileSync(file, bytes);
      const { requests, err, exitCode } = await run(['user', 'import', file, ...options], { folder });
      return requests[0]?.input.stdin ?? `${exitCode} ${err}`;
    };
    const latin = Buffer.from('username,name\nann,M\xfcller\n', 'latin1');
    expect(await imported(latin)).toMatch(/^2 sallyport: .*people\.csv: line 2 isn't UTF-8: save the file as UTF-8/);
    expect(await imported(latin, '--encoding', 'windows-1252')).toBe('username,name\nann,Müller\n');
    expect(await imported(Buffer.from('\uFEFFusername\n王小明', 'utf16le'))).toBe('username\n王小明');
    const password = await run(['user', 'add', 'ann'], {
      folder,
      stdin: Readable.from([Buffer.from('M\xfcll', 'latin1')]),
    });
    expect([password.exitCode, password.requests, password.err]).toEqual([
      2,
      [],
      "sallyport: standard input isn't UTF-8\n",
    ]);
  });

  it('are refused while a process holds the data and does not answer', async () => {
    const folder = folderWith({ 'a.yaml': configText() });
    const lock = lockData(join(folder, 'data'));
    onTestFinished(() => lock.release());
    const { exitCode, err, requests } = await run(explain, { folder });
    expect([exitCode, requests]).toEqual([2, []]);
    expect(err).toMatch(/^sallyport: .* is in use by a process that doesn't answer: .*\n$/);
  });

  it('read the files that options name, as well', async () => {
    const folder = folderWith({ 'a.yaml': configText(), 'people.csv': 'a', secret: 'open sesame' });
    const read = async (path: string) => {
      const args = ['user', 'import', join(folder, 'people.csv'), '--pass-phrase-file', path];
      const { requests, exitCode } = await run(args, { folder, stdin: Readable.from(['typed']) });
      return requests[0]?.input.options.passPhraseFile ?? exitCode;
    };
    expect(await read(join(folder, 'secret'))).toBe('open sesame');
    expect(await read('-')).toBe('typed');
    expect(await read(join(folder, 'nothing'))).toBe(2);
  });

  it('read a file, or standard input', async () => {
    const files = { 'people.csv': 'a' };
    const folder = folderWith({ 'a.yaml': configText(), ...files });
    const read = async (...args: string[]) => {
      const { requests } = await run(['user', 'import', ...args], { folder, stdin: Readable.from(['b']) });
      return requests[0]?.input.stdin;
    };
    expect([await read(join(folder, 'people.csv')), await read('-'), await read()]).toEqual(['a', 'b', 'b']);
    const { exitCode, err } = await run(['user', 'import', '/none.csv'], { folder });
    expect([exitCode, err]).toEqual([2, "sallyport: /none.csv can't be read: ENOENT\n"]);
  });

  it('show no control characters of others at the terminal', async () => {
    const { out } = await run(explain, { result: { lines: ['a\u001b[31mb\tc\u009bd'], exitCode: 1 } });
    expect(out).toBe('a\u{fffd}[31mb\tc\u{fffd}d\n');
  });
});

describe('a password at the terminal', () => {
  async function typed(...lines: string[]) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const running = run(['user', 'add', 'alice'], { stdin });
    for (const line of lines) {
      await new Promise((done) => setImmediate(done));
      stdin.write(`${line}\n`);
    }
    return await running;
  }

  it('is asked for twice and not shown', async () => {
    const { exitCode, out, err, requests } = await typed('s3cret', 's3cret');
    expect([exitCode, requests[0]?.input.stdin]).toEqual([0, 's3cret']);
    expect(out + err).not.toContain('s3cret');
  });

  it('may be left empty, so that one is made', async () => {
    expect((await typed('')).requests[0]?.input.stdin).toBe('');
  });

  it('is refused where the two differ', async () => {
    const { exitCode, err, requests } = await typed('s3cret', 'secret');
    expect([exitCode, requests]).toEqual([2, []]);
    expect(err).toMatch(/aren't the same/);
  });
});

describe('sallyport policy explain', () => {
  it('hands its options on', async () => {
    const { requests } = await run([...explain, '--ip', '192.0.2.1', '--at', '2027-02-01', '--device', 'trusted']);
    const options = { account: 'alice', application: 'library', ip: '192.0.2.1', at: '2027-02-01', device: 'trusted' };
    expect(requests).toEqual([{ name: 'policy explain', input: { args: [], options } }]);
  });

  it('says what else there is, where nobody is named', async () => {
    const { exitCode, err } = await run(['policy', 'explain']);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/'--account <username>' not specified; or --compare/);
  });

  it.each([
    [['policy', 'explain', '--account', 'a']],
    [[...explain, '--at', 'tomorrow']],
    [[...explain, '--device', 'mine']],
    [['polcy']],
    [['user', 'add']],
  ])('%j is refused with 2', async (words) => {
    const { exitCode, requests } = await run(words);
    expect([exitCode, requests]).toEqual([2, []]);
  });
});

describe('sallyport healthcheck', () => {
  async function check(status: number): Promise<number> {
    const server = createServer((req, res) => void res.writeHead(req.url === '/health/ready' ? status : 404).end());
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return (await run(['healthcheck'], { sections: { management: { port } } })).exitCode;
  }

  it('ends with 0 only when the server is ready', async () => {
    expect([await check(200), await check(503), await check(302)]).toEqual([0, 1, 1]);
  });

  it('loads no plug-in, since it runs every few seconds', async () => {
    const folder = folderWith({ 'a.yaml': configText({ management: { port: 1 } }) });
    const io = { env: {}, stdin: Readable.from([]), out: () => undefined, err: () => undefined };
    const never = async () => {
      throw new Error('not needed here');
    };
    const parts = { offers: never, modules: never, open: never };
    expect(await main(['node', 'sallyport', '-c', join(folder, 'a.yaml'), 'healthcheck'], io, parts)).toBe(1);
  });

  it('asks where a variable says, and names the faults of its section', async () => {
    const folder = folderWith({ 'a.yaml': configText({ management: { prot: 1 } }) });
    const { exitCode, err } = await run(['healthcheck'], { folder });
    expect([exitCode, err]).toEqual([2, expect.stringMatching(/management\.prot: is unknown, did you mean port\?\n$/)]);
    const file = join(folderWith({ 'b.yaml': configText() }), 'b.yaml');
    expect(managementOf(file, { SALLYPORT_MANAGEMENT_PORT: '9', SALLYPORT_FACTORS_CHIP_DIGITS: '7' }).port).toBe(9);
  });

  it('reads an address without a schema as the configuration would, or leaves it to that', () => {
    const values = fc.oneof(
      fc.constantFrom('::1', '0.0.0.0', 'localhost', '', 0, 1, 9090, 65_535, 65_536, 1.5, -1, '9090', true, null),
      fc.jsonValue(),
    );
    const names = fc.constantFrom('host', 'port', 'dangerouslyPublic', 'prot');
    const sections = fc.oneof(fc.dictionary(names, values), values);
    const texts = fc.constantFrom('0.0.0.0', '10.0.0.1', '9090', '09', '0', '70000', 'true', 'false', '', '::1', 'x');
    const ends = fc.constantFrom('_HOST', '_PORT', '_DANGEROUSLY_PUBLIC', '_PORT_FILE', '');
    const variables = fc.dictionary(
      ends.map((end) => `SALLYPORT_MANAGEMENT${end}`),
      texts,
    );
    const folder = folderWith();
    const file = join(folder, 'a.yaml');
    const plain = { file: 0, variables: 0 };
    fc.assert(
      fc.property(sections, variables, (management, env) => {
        writeFileSync(file, configText({ management }));
        const found = plainAddress(file, env);
        if (found === undefined) return;
        plain[Object.keys(env).length > 0 ? 'variables' : 'file'] += 1;
        expect(managementOf(file, env)).toMatchObject(found);
      }),
      { numRuns: 200 },
    );
    expect(Math.min(plain.file, plain.variables)).toBeGreaterThan(0);
    writeFileSync(file, configText({ management: { port: 9090 } }));
    expect(plainAddress(file, { SALLYPORT_NAME: 'x' })).toEqual({ host: '127.0.0.1', port: 9090 });
    expect(plainAddress(file, { SALLYPORT_MANAGEMENT_HOST: '::1' })).toBeUndefined();
    const container = { SALLYPORT_MANAGEMENT_HOST: '0.0.0.0', SALLYPORT_MANAGEMENT_DANGEROUSLY_PUBLIC: 'true' };
    expect(plainAddress(file, container)).toEqual({ host: '0.0.0.0', port: 9090 });
  });

  it('ends with 1 when nobody answers', async () => {
    const { exitCode, out } = await run(['healthcheck'], { sections: { management: { port: 1 } } });
    expect([exitCode, out]).toEqual([1, expect.stringContaining('not ready')]);
  });
});

it('the handler of the socket refuses what is no command', async () => {
  const handler = commandHandler({ run: async () => ({ lines: [], exitCode: 0 }) });
  for (const request of [undefined, [], {}, { name: 'user add' }, { name: 'x', input: { args: [1], options: {} } }]) {
    await expect(handler(request)).rejects.toThrow(SallyportError);
  }
});
