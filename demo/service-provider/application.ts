/** One of the demo's SAML applications: a service provider with an entity of its own. */
export interface DemoServiceProvider {
  /** Path segment, and the id where the gateway registers it. */
  id: string;
  /** By BCP 47 tag; `en` is what its own pages say. */
  names: Readonly<Record<string, string>> & { en: string };
  /** What its policy asks, in words for the home page. */
  asks: string;
  /** Takes responses that it hasn't asked for (IdP-initiated). */
  unsolicited?: boolean;
  /** Can be told of a logout by SOAP, without a browser. */
  soap?: boolean;
}

/** The demo's three, at the levels of the OpenID Connect ones. */
export const SERVICE_PROVIDERS: readonly DemoServiceProvider[] = [
  {
    id: 'reading-room',
    names: { en: 'Reading room', 'zh-Hant': '閱覽室', 'zh-Hans': '阅览室' },
    asks: 'A password is enough.',
    unsolicited: true,
  },
  {
    id: 'laboratory',
    names: { en: 'Laboratory', 'zh-Hant': '實驗室', 'zh-Hans': '实验室' },
    asks: 'A second step, remembered for 30 days on your own device.',
  },
  {
    id: 'personnel',
    names: { en: 'Personnel', 'zh-Hant': '人事', 'zh-Hans': '人事' },
    asks: 'A second step at every sign-in.',
    soap: true,
  },
];

/** Addresses of one application below the service provider's own. */
export function endpointsOf(url: string, id: string) {
  const home = `${url}/${id}`;
  return {
    home,
    /** Also where its metadata is, as is the custom. */
    entityId: `${home}/metadata`,
    acs: `${home}/acs`,
    slo: `${home}/slo`,
    soap: `${home}/slo/soap`,
  };
}
export type Endpoints = ReturnType<typeof endpointsOf>;
