/** Codes of packets (RFC 2865 section 3, RFC 2866 section 3, RFC 5176 section 2.3, RFC 5997 section 2). */
export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
} as const;

/** Types of attributes (RFC 2865 section 5, 2866 section 5, 2869 section 5, 3162, 4372, 6911). */
export const TYPE = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  framedIpAddress: 8,
  filterId: 11,
  replyMessage: 18,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctSessionId: 44,
  acctSessionTime: 46,
  acctTerminateCause: 49,
  eventTimestamp: 55,
  prompt: 76,
  eapMessage: 79,
  messageAuthenticator: 80,
  acctInterimInterval: 85,
  chargeableUserIdentity: 89,
  errorCause: 101,
  nasIpv6Address: 95,
  framedIpv6Prefix: 97,
  framedIpv6Address: 168,
} as const;

/** Vendors by their private enterprise numbers, as far as their clients send what isn't PAP. */
export const MICROSOFT = 311;
