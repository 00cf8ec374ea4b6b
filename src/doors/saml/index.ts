import express from 'express';
import type { DoorModule } from '../../core/door.ts';
import { type SamlApplication, type SamlSettings, samlApplication, samlSettings } from './settings.ts';

/** SAML 2.0: service providers sign in through the same core, journey, policy and sessions. */
const saml: DoorModule<SamlSettings, SamlApplication> = {
  id: 'saml',
  prompts: [],
  settings: samlSettings,
  application: samlApplication,

  async create() {
    return { handler: express.Router() };
  },
};

export default saml;
