import { readFile, stat } from 'node:fs/promises';
import type { CityResponse, Reader } from 'maxmind';
import type { LogPort } from '../core/door.ts';
import { ConfigError } from '../core/errors.ts';
import { byScript } from '../core/naming.ts';

/** How often the file is looked at, milliseconds, and only while somebody asks. */
const LOOK = 60_000;

/** Where an address may be: an approximation, for people to recognise. Nothing is decided by it. */
export interface Located {
  city?: string;
  country: string;
}

export type Locate = (ip: string, locale: string) => Located | undefined;

/** Where an address is from, to be compared: ISO 3166-1 letters, and the number of its autonomous system if known. */
export interface Origin {
  country: string;
  system?: number;
}

export interface Geoip {
  locate: Locate;
  /** Undefined for what the database doesn't know, and where there is none. */
  originOf(ip: string): Origin | undefined;
}

interface Ports {
  now(): number;
  log: LogPort;
}

/**
 * Reads a database in MaxMind's format (MMDB 2.0: GeoLite2, GeoIP2, DB-IP) of cities or countries, and again when the
 * file has changed. Without a file nobody knows where anything is.
 *
 * @throws ConfigError where the file is no such database
 */
export async function openGeoip(file: string | undefined, { now, log }: Ports): Promise<Geoip> {
  if (file === undefined) return { locate: () => undefined, originOf: () => undefined };
  const maxmind = await import('maxmind');
  const read = async () => {
    const { mtimeMs } = await stat(file);
    return { mtimeMs, reader: new maxmind.Reader<CityResponse>(await readFile(file)) };
  };
  let held = await read().catch((cause: unknown) => {
    const message = `the file ${file} is no GeoIP database: ${cause instanceof Error ? cause.message : cause}`;
    throw new ConfigError([{ file: '', path: 'geoip.database', message }]);
  });
  let looked = now();
  let looking = false;

  /** A file that can't be read, as one that is being replaced, leaves the old one in use. */
  async function look(): Promise<void> {
    try {
      if ((await stat(file ?? '')).mtimeMs === held.mtimeMs) return;
      held = await read();
      log.info({ file }, 'the GeoIP database was read again');
    } catch (error) {
      log.warn({ err: error, file }, 'the GeoIP database can not be read again');
    } finally {
      looking = false;
    }
  }

  function reader(): Reader<CityResponse> {
    if (!looking && now() - looked >= LOOK) {
      looked = now();
      looking = true;
      void look();
    }
    return held.reader;
  }

  return {
    locate: (ip, locale) => locatedIn(reader(), ip, locale),
    originOf: (ip) => originIn(reader(), ip),
  };
}

const codeOf = (found: CityResponse | null) => found?.country?.iso_code ?? found?.registered_country?.iso_code;

function originIn(reader: Reader<CityResponse>, ip: string): Origin | undefined {
  const found = lookUp(reader, ip);
  const country = codeOf(found);
  if (country === undefined) return undefined;
  const system = found?.traits?.autonomous_system_number;
  return { country, ...(system === undefined ? {} : { system }) };
}

function locatedIn(reader: Reader<CityResponse>, ip: string, locale: string): Located | undefined {
  const found = lookUp(reader, ip);
  const code = codeOf(found);
  if (code === undefined) return undefined;
  const names = found?.city?.names as Readonly<Record<string, string>> | undefined;
  const city = names && nameIn(names, locale);
  return { country: countryIn(code, locale), ...(city === undefined ? {} : { city }) };
}

/** What isn't an address, or a file that is damaged inside, is nowhere. */
function lookUp(reader: Reader<CityResponse>, ip: string): CityResponse | null {
  try {
    return reader.get(ip);
  } catch {
    return null;
  }
}

/** The databases know Chinese by region, and one script of it at most. */
function nameIn(names: Readonly<Record<string, string>>, locale: string): string | undefined {
  const [language = ''] = locale.split('-');
  const chinese = byScript({ Hans: names['zh-CN'], Hant: names['zh-TW'] }, locale, undefined);
  return chinese ?? (language === 'zh' ? undefined : names[language]) ?? names.en;
}

const countries = new Map<string, Intl.DisplayNames>();

function countryIn(code: string, locale: string): string {
  const names = countries.get(locale) ?? new Intl.DisplayNames([locale], { type: 'region' });
  countries.set(locale, names);
  return names.of(code) ?? code;
}
