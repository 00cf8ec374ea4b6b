/** What a role descriptor must support to be read (saml-metadata section 2.4.1). */
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';

/** Entity attributes that are read (saml-metadata-attr). */
export const ENTITY_CATEGORY = 'http://macedir.org/entity-category';
export const SUBJECT_ID_REQUIREMENT = 'urn:oasis:names:tc:SAML:profiles:subject-id:req';
