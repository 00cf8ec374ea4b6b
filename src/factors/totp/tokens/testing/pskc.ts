/** Documents of RFC 6030, by its figures, written shorter where white space and order say nothing. */

const AES = 'http://www.w3.org/2001/04/xmlenc#aes128-cbc';

const encrypted = (value: string): string =>
  `<xenc:EncryptionMethod Algorithm="${AES}"/><xenc:CipherData><xenc:CipherValue>
   ${value}
   </xenc:CipherValue></xenc:CipherData>`;

/** The parts of one package, as XML; absent ones stand as in most figures. */
export interface Package {
  serial?: string | undefined;
  key?: string;
  algorithm?: string;
  parameters?: string;
  data?: string;
  policy?: string;
}

export const PLAIN = '<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>';

export function packageOf(about: Package = {}): string {
  const {
    serial = '987654321',
    key = '12345678',
    algorithm = 'urn:ietf:params:xml:ns:keyprov:pskc:hotp',
    parameters = '<ResponseFormat Length="8" Encoding="DECIMAL"/>',
    data = `${PLAIN}<Counter><PlainValue>0</PlainValue></Counter>`,
    policy = '',
  } = about;
  const device = `<DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>${serial}</SerialNo></DeviceInfo>`;
  return `<KeyPackage>${serial === '' ? '' : device}<CryptoModuleInfo><Id>CM_ID_001</Id></CryptoModuleInfo>
    <Key Id="${key}" Algorithm="${algorithm}"><Issuer>Issuer</Issuer>
      ${parameters === '' ? '' : `<AlgorithmParameters>${parameters}</AlgorithmParameters>`}
      <Data>${data}</Data>${policy === '' ? '' : `<Policy>${policy}</Policy>`}</Key></KeyPackage>`;
}

export function container(packages: string, before = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
  <KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"
    xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
    xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">${before}${packages}</KeyContainer>`;
}

/** An encrypted secret with its MAC. */
export const sealedSecret = (value: string, mac: string): string =>
  `<Secret><EncryptedValue>${encrypted(value)}</EncryptedValue><ValueMAC>${mac}
   </ValueMAC></Secret>`;

export const macMethod = (key: string): string =>
  `<MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><MACKey>${encrypted(key)}</MACKey></MACMethod>`;

export const PRE_SHARED = '<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>';

/** Figure 6: AES-128-CBC under a pre-shared key. */
export const FIGURE_6 = {
  key: '12345678901234567890123456789012',
  mac: 'ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX',
  value: 'AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv',
  valueMac: 'Su+NvtQfmvfJzF6bmQiJqoLRExc=',
};

/** Figure 7: under a key derived from a passphrase. */
export const FIGURE_7 = {
  passphrase: 'qwerty',
  mac: '2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx',
  value: 'oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f',
  valueMac: 'LP6xMvjtypbfT9PdkJhBZ+D6O4w=',
};

export const derivedKey = (iterations = '1000', length = '16', prf = '<PRF/>'): string => `<EncryptionKey>
  <xenc11:DerivedKey>
    <xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
      <pkcs5:PBKDF2-params><Salt><Specified>Ej7/PEpyEpw=</Specified></Salt>
        <IterationCount>${iterations}</IterationCount><KeyLength>${length}</KeyLength>${prf}</pkcs5:PBKDF2-params>
    </xenc11:KeyDerivationMethod>
    <xenc:ReferenceList><xenc:DataReference URI="#ED"/></xenc:ReferenceList>
    <xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName>
  </xenc11:DerivedKey></EncryptionKey>`;
