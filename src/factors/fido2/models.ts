/** Names of common models, for where no metadata are configured. An AAGUID covers several form factors. */
const NAMES: Readonly<Record<string, string>> = {
  'cb69481e-8ff7-4039-93ec-0a2729a154a8': 'YubiKey 5 (5.1)',
  'ee882879-721c-4913-9775-3dfcce97072a': 'YubiKey 5 (5.2, 5.4)',
  '19083c3d-8383-4b18-bc03-8f1c9ab2fd1b': 'YubiKey 5 (5.7)',
  'ff4dac45-ede8-4ec2-aced-cf66103f4335': 'YubiKey 5 (5.7)',
  'fa2b99dc-9e39-4257-8f92-4a30d23c4118': 'YubiKey 5 NFC (5.1)',
  '2fc0579f-8113-47ea-b116-bb5a8db9202a': 'YubiKey 5 NFC (5.2, 5.4)',
  'a25342c0-3cdc-4414-8e46-f4807fca511c': 'YubiKey 5 NFC (5.7)',
  'd7781e5d-e353-46aa-afe2-3ca49f13332a': 'YubiKey 5 NFC (5.7)',
  'c5ef55ff-ad9a-4b9f-b580-adebafe026d0': 'YubiKey 5Ci (5.2, 5.4)',
  'a02167b9-ae71-4ac7-9a07-06432ebb6f1c': 'YubiKey 5Ci (5.7)',
  '24673149-6c86-42e7-98d9-433fb5b73296': 'YubiKey 5Ci (5.7)',
  '149a2021-8ef6-4133-96b8-81f8d5b7f1f5': 'Security Key NFC by Yubico',
  '08987058-cadc-4b81-b6e1-30de50dcbe96': 'Windows Hello',
  '9ddd1817-af5a-4672-a2b9-3e3dd95000a9': 'Windows Hello',
  '6028b017-b1d4-4c02-b4b3-afcdafc96bb2': 'Windows Hello',
  'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4': 'Google Password Manager',
  'adce0002-35bc-c60a-648b-0b25f1f05503': 'Chrome on Mac',
  'fbfc3007-154e-4ecc-8c0b-6e020557d7bd': 'iCloud Keychain',
  'de1e552d-db1d-4423-a619-566b625cdc84': 'Microsoft Authenticator',
  '90a3ccdf-635c-4729-a248-9b709135078f': 'Microsoft Authenticator',
};

export function commonName(aaguid: string): string | undefined {
  return NAMES[aaguid];
}
