import type { Node } from './xml.ts';

/** Names of RFC 6030, XML Encryption and PKCS #5 that are read here, as they are spelt. */
const NAMES = [
  ...[
    'KeyContainer',
    'KeyPackage',
    'DeviceInfo',
    'Manufacturer',
    'SerialNo',
    'Key',
    'KeyProfileId',
    'Issuer',
    'Policy',
  ],
  ...['AlgorithmParameters', 'ResponseFormat', 'ChallengeFormat', 'Suite', 'Data', 'Secret', 'PlainValue', 'ValueMAC'],
  ...['EncryptedValue', 'Time', 'TimeInterval', 'TimeDrift', 'Counter', 'EncryptionKey', 'KeyName', 'MACMethod'],
  ...['MACKey', 'EncryptionMethod', 'CipherData', 'CipherValue', 'StartDate', 'ExpiryDate', 'PINPolicy', 'KeyUsage'],
];
const ATTRIBUTES = ['Version', 'Id', 'Algorithm', 'Length', 'Encoding', 'CheckDigits', 'CheckDigit', 'PINUsageMode'];

const speller = (names: readonly string[]) => {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return (name: string): string => known.get(name) ?? name;
};
const element = speller(NAMES);
const attribute = speller(ATTRIBUTES);

/**
 * privacyIDEA writes its containers through a parser of HTML: all names in small letters, and the suite as an attribute.
 * A container that begins so is read as what it would be.
 */
export function spelt(container: Node): Node {
  return container.name === 'keycontainer' ? asSpelt(container) : container;
}

function asSpelt({ name, attributes, children, ...rest }: Node): Node {
  const { hashalgo } = attributes;
  return {
    ...rest,
    ...(name === 'suite' && hashalgo !== undefined ? { text: hashalgo } : {}),
    name: element(name),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [attribute(key), value])),
    children: children.map(asSpelt),
  };
}
