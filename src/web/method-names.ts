/** What follows a name that we gave: a part of the number, `(…678)`; the number on a token, or of several alike. */
const AFTER = /^(?: \(…[\d•]+\))?(?: [\p{Lu}\d-]+)?$/u;

/** What methods are called by us: `method` in the factors' texts, and what else ends so, as `token.method`. */
const isName = (key: string) => key === 'method' || key.endsWith('.method');

/** Of names that we gave before, the key of what such a thing is called now. */
const keyNow = (key: string) => key.replace(/^former\./, '');

interface Known {
  namespace: string;
  key: string;
}

/**
 * Methods are kept by the name that they got when they were set up, in the language of that day. One that we gave is
 * told from one that its owner chose by how it begins: so it can be shown in the language of whoever reads it.
 */
export function createMethodNames() {
  const known = new Map<string, Known>();
  /** The longest first: one may begin with another. */
  let names: string[] | undefined;

  /** The name that we gave, and what is behind it: a number. */
  function given(name: string): (Known & { rest: string }) | undefined {
    names ??= [...known.keys()].sort((one, other) => other.length - one.length);
    const begin = names.find((one) => name.startsWith(one) && AFTER.test(name.slice(one.length)));
    const found = begin === undefined ? undefined : known.get(begin);
    return begin === undefined || found === undefined ? undefined : { ...found, rest: name.slice(begin.length) };
  }

  return {
    /** Learns the names in a factor's texts of one language. */
    learn(namespace: string, texts: object): void {
      for (const [key, text] of Object.entries(texts))
        if (isName(key) && typeof text === 'string') known.set(text, { namespace, key: keyNow(key) });
      names = undefined;
    },
    given,
  };
}
