import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocaleFolder, localeFolders } from '../i18n.ts';
import { COMMON, type TextOverrides } from './keys.ts';

export interface TextFault {
  locale: string;
  key: string;
  message: string;
}

const PLACEHOLDER = /\{\{\s*([^\s},]+)[^}]*\}\}/g;

/** Texts of ours in one language, by key as the configuration writes it. */
export function ourTexts(locale: string, folders: readonly LocaleFolder[] = localeFolders()): Map<string, string> {
  return new Map(
    folders.flatMap(({ namespace, folder }) =>
      flat(JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8'))).map(
        ([key, text]) => [namespace === COMMON ? key : `${namespace}:${key}`, text] as const,
      ),
    ),
  );
}

function flat(tree: object, before = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`),
  );
}

const placeholders = (text: string) => new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name));

/** Those that fit nowhere, or use what they aren't given: they aren't used. */
export function textFaults(overrides: TextOverrides, locales: readonly string[]): TextFault[] {
  return Object.entries(overrides).flatMap(([locale, texts]) => {
    if (!locales.includes(locale))
      return Object.keys(texts).map((key) => ({ locale, key, message: `${locale} isn't among locales` }));
    const ours = ourTexts(locale);
    return Object.entries(texts).flatMap(([key, text]) => {
      const message = misfit(text, ours.get(key));
      return message === undefined ? [] : [{ locale, key, message }];
    });
  });
}

function misfit(text: string, ours: string | undefined): string | undefined {
  if (ours === undefined) return 'is no text of ours: it may have another key by now';
  const [given, used] = [placeholders(ours), placeholders(text)];
  const unknown = [...used].filter((name) => !given.has(name));
  if (unknown.length === 0) return undefined;
  const there = given.size === 0 ? 'nothing' : [...given].map((name) => `{{${name}}}`).join(', ');
  return `uses ${unknown.map((name) => `{{${name}}}`).join(', ')}, and is given ${there}`;
}

/** Without those that don't fit. */
export function fitting(overrides: TextOverrides, locales: readonly string[]): TextOverrides {
  const faults = textFaults(overrides, locales);
  const misfits = new Set(faults.map(({ locale, key }) => `${locale} ${key}`));
  return Object.fromEntries(
    Object.entries(overrides).map(([locale, texts]) => [
      locale,
      Object.fromEntries(Object.entries(texts).filter(([key]) => !misfits.has(`${locale} ${key}`))),
    ]),
  );
}
