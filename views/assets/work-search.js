/** Looks for a number which, behind the text, makes a SHA-256 that begins with so many zero bits. */

/** Digests that are waited for at once. */
const TOGETHER = 128;

addEventListener('message', async ({ data: { text, bits } }) => {
  const encoder = new TextEncoder();
  const digest = (number) => crypto.subtle.digest('SHA-256', encoder.encode(`${text}:${number}`));
  for (let first = 0; ; first += TOGETHER) {
    const numbers = Array.from({ length: TOGETHER }, (_, at) => first + at);
    const digests = await Promise.all(numbers.map(digest));
    const at = digests.findIndex((one) => new DataView(one).getUint32(0) >>> (32 - bits) === 0);
    if (at < 0) continue;
    postMessage(String(first + at));
    return;
  }
});
