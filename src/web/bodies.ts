import express, { type RequestHandler } from 'express';
import { countParameters, MOST_PARAMETERS, parametersOf } from '../core/parameters.ts';
import type { Answer } from '../core/prompt.ts';

/** Bytes of a form of our own: the largest carry what a security key answers, with its certificates. */
export const LONGEST_FORM = 64 * 1024;
export const LONGEST_JSON = 8 * 1024;

const FORM = 'application/x-www-form-urlencoded';

/** Refuses a query of too many parameters, whatever path and method, before anything reads it. */
export const boundedQuery: RequestHandler = (req, _res, next) => {
  const at = req.url.indexOf('?');
  if (at >= 0) check(req.url.slice(at + 1));
  next();
};

/**
 * Reads a form of at most `limit` bytes, counted, as it was sent: `req.body` is text. Nothing is unpacked
 * (Content-Encoding): what a few bytes unfold to is the sender's choice.
 */
export function formText(limit: number): RequestHandler[] {
  const counted: RequestHandler = (req, _res, next) => {
    if (typeof req.body === 'string') check(req.body);
    next();
  };
  return [utf8Alone, express.text({ type: FORM, limit, inflate: false }), counted];
}

/** Reads what a house posts, a form or a SOAP envelope, of at most `limit` bytes, likewise as it was sent. */
export function houseText(limit: number): RequestHandler[] {
  const types = [FORM, 'text/xml'];
  const counted: RequestHandler = (req, _res, next) => {
    if (typeof req.body === 'string' && req.is(FORM)) check(req.body);
    next();
  };
  return [utf8Alone, express.text({ type: types, limit, inflate: false }), counted];
}

/** Forms are UTF-8 (URL Standard, section 5.1): in UTF-7 one reader's letters are another's markup. */
const utf8Alone: RequestHandler = (req, _res, next) => {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(req.headers['content-type'] ?? '') ?? [];
  if (charset.toLowerCase() !== 'utf-8') throw new ParameterError(`charset ${charset.slice(0, 40)}`, 415);
  next();
};

/** The same as fields: text, or all its values where a field comes more than once. */
export function formFields(limit: number): RequestHandler[] {
  const fields: RequestHandler = (req, _res, next) => {
    if (typeof req.body === 'string') req.body = parametersOf(req.body);
    next();
  };
  return [...formText(limit), fields];
}

/** Form fields, as an answer: text only, one of each name. */
export function answerOf(body: unknown): Answer {
  const fields = Object.entries((body ?? {}) as Record<string, unknown>);
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === 'string'));
}

/** Reads JSON of at most `limit` bytes: an object or a list. */
export function jsonBody(limit: number): RequestHandler {
  return express.json({ type: 'application/json', limit, inflate: false });
}

/** The same of other media types, and of a program's length. */
export function programBody(types: readonly string[], limit: number): RequestHandler {
  return express.json({ type: [...types], limit, inflate: false });
}

/** As the faults that Express's own parsers find. */
class ParameterError extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

function check(text: string): void {
  const count = countParameters(text);
  if (count > MOST_PARAMETERS) throw new ParameterError(`${count} parameters, ${MOST_PARAMETERS} allowed`);
}
