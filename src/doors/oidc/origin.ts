/** An origin for web addresses; the scheme alone for a native application's own (RFC 8252 section 7.1). */
export function originOf(uri: string): string {
  const url = new URL(uri);
  return url.origin === 'null' ? url.protocol : url.origin;
}
