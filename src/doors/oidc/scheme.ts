/**
 * What `form-action` has to allow so that a form may end at this address: its scheme. Chromium follows the directive
 * through redirects, and where an application sends the browser on from its own address it alone knows.
 */
export function schemeOf(uri: string): string {
  return new URL(uri).protocol;
}
