/** A phone for tests: reads what came and what a phone's own software would fill in. */
export interface Received {
  /** The code in the text. */
  code: string;
  /** Host and code of the last line, as the phone reads them. */
  bound: { host: string; code: string };
}

export function readMessage(text: string): Received {
  const [, host = '', bound = ''] = /(?:^|\n)@(\S+) #(\d+)$/.exec(text) ?? [];
  const [code = ''] = /\d{6}/.exec(text) ?? [];
  return { code, bound: { host, code: bound } };
}
