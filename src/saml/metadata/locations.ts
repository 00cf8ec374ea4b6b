/**
 * Whether an address may be an endpoint: https, or http on this machine. It is compared and sent as it is written,
 * so what a browser would write otherwise (white space, backslashes) isn't one; nor is one with a fragment or a password.
 */
export function isEndpoint(location: string): boolean {
  if (location.length > 2048 || !/^https?:\/\/[\x21-\x7e]+$/.test(location) || /["'<>\\^`{|}#]/.test(location))
    return false;
  // Before an @ stands a user name, even an empty one.
  if (!URL.canParse(location) || /^[^:]*:\/\/[^/?]*@/.test(location)) return false;
  const { protocol, hostname, username, password } = new URL(location);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || isLoopback(hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
