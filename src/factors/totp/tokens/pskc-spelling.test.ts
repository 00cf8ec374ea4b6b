import { expect, it } from 'vitest';
import { keyFrom } from './import.ts';
import { readPskc } from './pskc.ts';
import { container, FIGURE_6, macMethod, PRE_SHARED, packageOf, sealedSecret } from './testing/pskc.ts';
import { SECRET } from './testing/tokens.ts';

/** As a parser of HTML writes it: names of elements and attributes in small letters, namespaces as they were. */
const flattened = (xml: string): string =>
  xml
    .replaceAll(/<(\/?)([\w:.-]+)/g, (_whole, slash: string, name: string) => `<${slash}${name.toLowerCase()}`)
    .replaceAll(/\s([A-Z][\w]*)="/g, (_whole, name: string) => ` ${name.toLowerCase()}="`);

const PARAMETERS = '<ResponseFormat Length="8" Encoding="DECIMAL"/><Suite hashalgo="sha256"></Suite>';
const data = `${sealedSecret(FIGURE_6.value, FIGURE_6.valueMac)}<Counter><PlainValue>7</PlainValue></Counter>`;
const written = container(packageOf({ data, parameters: PARAMETERS }), `${PRE_SHARED}${macMethod(FIGURE_6.mac)}`);

it('reads what privacyIDEA writes, whose MAC is checked as any', async () => {
  const key = keyFrom(FIGURE_6.key);
  const own = flattened(written);
  expect(own).toContain('<keycontainer version="1.0"');
  expect(own).toContain('<xenc:ciphervalue>');
  expect((await readPskc(own, { key })).rows).toMatchObject([
    { token: { serial: '987654321', secret: SECRET, algorithm: 'SHA256', digits: 8, type: 'hotp', next: 7 } },
  ]);
  const altered = own.replace(FIGURE_6.valueMac, 'LP6xMvjtypbfT9PdkJhBZ+D6O4w=');
  expect((await readPskc(altered, { key })).rows).toMatchObject([{ reason: expect.stringContaining('MAC') }]);
});

it('takes no other spelling of a container than these two', async () => {
  await expect(readPskc(written.replaceAll('KeyContainer', 'KEYCONTAINER'), {})).rejects.toThrow('not a PSKC');
});
