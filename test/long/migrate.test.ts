import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import { stage } from '../support/scene.ts';

/** Exports of a big institution: made up, in the columns and spellings of the real ones. */

const [FEW, MANY] = [5_000, 50_000];
const PEOPLE = 200;
const MEGABYTE = 1024 * 1024;
/** By how much more may be held for ten times the lines, besides the file itself. */
const MOST = 24 * MEGABYTE;

const scene = stage(() => ({ config: {} }));

/** As Node's own `--expose-gc`, for this process alone. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Every hundredth or so is somebody here. */
const nameOf = (nth: number, lines: number): string => {
  const apart = lines / PEOPLE;
  return nth % apart === 0 ? `person${nth / apart + 1}` : `stranger${nth}`;
};
const digits = (nth: number, length: number) => String(nth).padStart(length, '0');
const secretOf = (nth: number) => digits(nth, 40).replaceAll(/[^0-9a-f]/g, '0');

interface Export {
  header: string;
  line(nth: number, name: string): string;
  /** What the table has to say of so many lines. */
  says(lines: number): string[];
}

const EXPORTS: Record<string, Export> = {
  duo: {
    header: 'username,realname,alias1,email,status,phone1,platform1,group1,notes,token1,type1',
    line: (nth, name) =>
      `${name},"Person, ${nth}",,p${nth}@example.edu,active,+8529123${digits(nth % 10_000, 4)},iphone,Staff,"two\nlines",,`,
    says: (lines) => [
      `keys of Duo Mobile\t0\t0\t${lines}`,
      `phones\t0\t0\t${PEOPLE}\t${PEOPLE} nothing that is enabled here takes it`,
      `people\t0\t0\t${lines - PEOPLE}`,
    ],
  },
  entra: {
    header: 'id,userPrincipalName,mobilePhone,serialNumber,secretKey,methodsRegistered',
    line: (nth, name) =>
      `11111111-2222-3333-4444-${digits(nth, 12)},${name},,GALT${digits(nth, 8)},,"softwareOneTimePasscode,microsoftAuthenticatorPush"`,
    says: (lines) => [
      `authenticator apps\t0\t0\t${lines}`,
      `tokens\t0\t0\t${PEOPLE}\t${PEOPLE} no secret`,
      `people\t0\t0\t${lines - PEOPLE}`,
    ],
  },
  privacyidea: {
    header: '',
    line: (nth, name) =>
      `- active: true\n  count: 0\n  info_list: {hashlib: sha1, timeStep: '30'}\n  otpkey: '${secretOf(nth)}'\n  otplen: 6\n  owner: ${name}@campus\n  serial: TOTP${digits(nth, 8)}\n  type: totp`,
    says: (lines) => [`tokens\t${PEOPLE}\t0\t0`, `people\t0\t0\t${lines - PEOPLE}`],
  },
};

/** Made as one text without a list of its lines. */
function fileOf({ header, line }: Export, lines: number): string {
  let text = header === '' ? '' : `${header}\n`;
  for (let nth = 0; nth < lines; nth += 1) text += `${line(nth, nameOf(nth, lines))}\n`;
  // Otherwise it is a tree of its parts.
  return Buffer.from(text).toString();
}

/** What is alive at most while something runs, above what was there before, bytes. */
async function heldBy(work: () => Promise<unknown>): Promise<number> {
  // Twice: what only waited to be finalised is gone the second time.
  collect();
  collect();
  const before = process.memoryUsage().heapUsed;
  const seen: number[] = [];
  const look = setInterval(() => {
    collect();
    seen.push(process.memoryUsage().heapUsed);
  }, 1_000);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return Math.max(0, ...seen) - before;
}

beforeAll(async () => {
  for (let nth = 0; nth < PEOPLE; nth += 1) await scene.newcomer();
}, 120_000);

it.each(Object.keys(EXPORTS))(
  'reads 50,000 of %s, and holds no more of them than of 5,000',
  {
    timeout: 600_000,
  },
  async (from) => {
    const made = EXPORTS[from] as Export;
    const held: number[] = [];
    for (const lines of [FEW, FEW, MANY]) {
      const file = fileOf(made, lines);
      let told = '';
      held.push(
        await heldBy(async () => {
          const done = scene.gateway.command(`migrate ${from}`, [], { dryRun: true }, file);
          told = await done.then(
            (said) => said.join('\n'),
            (error: Error) => error.message,
          );
        }),
      );
      for (const says of made.says(lines)) expect(told).toContain(says);
    }
    // The first is for what is only there once it has run.
    const [, few = 0, many = 0] = held;
    process.stdout.write(
      `${from}: ${FEW} lines hold ${Math.round(few / 1024)} kB, ${MANY} ${Math.round(many / 1024)} kB\n`,
    );
    expect(many - few).toBeLessThan(MOST);
  },
);
