/**
 * What any speaker of SAML 2.0 needs: the gate that messages come in by, XML read and written, signatures, and the
 * metadata of others with its sources; nothing of a door.
 *
 * It needs of whoever speaks: who may send (`GatePorts.party`) and what they may leave out, where to keep what was
 * fetched (`MetadataPorts`), and whether a document may stand for whom its source is (`Admit`). It gives messages that
 * passed the gate (`SamlMessage`), what signs and writes those to be sent, and what metadata in force says. Which pages
 * are shown, who signs in, and what is released to whom, it doesn't know.
 */

export { SamlFault } from './errors.ts';
export { DEPARTURES, type Departure } from './gate/departures.ts';
export { createGate, type Gate, type GatePorts, type Inbound, type Peer, type Sender } from './gate/gate.ts';
export { checkedRelayState, MAX_RESPONSE_BODY, postedResponse } from './gate/wire.ts';
export { type Compiled, publicKeyOf } from './metadata/compile.ts';
export { originOf } from './metadata/copies.ts';
export { sealedCopies } from './metadata/entity-copies.ts';
export { ClaimFault, MetadataFault, reasonOf } from './metadata/fault.ts';
export { Holding } from './metadata/holding.ts';
export { load } from './metadata/load.ts';
export { PROTOCOL } from './metadata/names.ts';
export { loadOnce } from './metadata/once.ts';
export type { Admit, MetadataPorts, Source, SourceHealth, Whole } from './metadata/ports.ts';
export { duration, entityId, type MetadataSource, metadataSource, webUri } from './metadata/settings.ts';
export { Snapshot } from './metadata/snapshot.ts';
export { createProviderSource, createSource } from './metadata/source.ts';
export { plain } from './metadata/texts.ts';
export { durationOf, instantOf } from './metadata/times.ts';
export {
  type Attribute,
  type AuthnRequest,
  BINDINGS,
  type Binding,
  type IdentityProvider,
  type LogoutRequest,
  type LogoutResponse,
  NAME_ID_FORMATS,
  type NameId,
  type NameIdFormat,
  type SamlMessage,
  type ServiceProvider,
  STATUSES,
  type Status,
} from './model.ts';
export { NAMESPACES } from './namespaces.ts';
export type { Answer, Expected, Said } from './response/model.ts';
export { claimsOf, prepareResponses, readResponse } from './response/response.ts';
export { type AuthnRequestInput, createAuthnRequestWriter } from './writing/authn-request.ts';
export { element, Written, write, type XmlContent, type XmlElement } from './writing/canonical.ts';
export type { Outgoing } from './writing/delivery.ts';
export { algorithmElements, keyElement, localizedElements, published, signedEntity } from './writing/descriptors.ts';
export { createLogoutWriter, type LogoutWriter } from './writing/logout.ts';
export { createId, instant, message, nameIdElement, type SenderOptions, statusElement } from './writing/message.ts';
export { ALGORITHMS, METHODS, type Signer, signerFor, writeSigned, writeSignedAside } from './writing/sign.ts';
