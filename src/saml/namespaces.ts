/** Namespaces by the prefixes that the specifications use: what is read may have others, what we write has these. */
export const NAMESPACES = {
  alg: 'urn:oasis:names:tc:SAML:metadata:algsupport',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  ec: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  md: 'urn:oasis:names:tc:SAML:2.0:metadata',
  mdattr: 'urn:oasis:names:tc:SAML:metadata:attribute',
  mdrpi: 'urn:oasis:names:tc:SAML:metadata:rpi',
  mdui: 'urn:oasis:names:tc:SAML:metadata:ui',
  remd: 'http://refeds.org/metadata',
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  samlp: 'urn:oasis:names:tc:SAML:2.0:protocol',
  shibmd: 'urn:mace:shibboleth:metadata:1.0',
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  xenc: 'http://www.w3.org/2001/04/xmlenc#',
  xml: 'http://www.w3.org/XML/1998/namespace',
  xs: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;
