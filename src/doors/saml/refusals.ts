import type { ErrorRequestHandler, Response } from 'express';
import type { DoorPorts } from '../../core/door.ts';
import { SamlFault } from '../../saml/index.ts';
import { AbsentFault } from './absent.ts';

/**
 * The sender is told one thing, whatever was wrong: the rest is for the log, by the reference that the page shows. Where
 * nothing is wrong with the message but the application can't be served, that is no secret, and nobody's guess.
 */
export function refusals(ports: DoorPorts): ErrorRequestHandler {
  const { log, render, browser } = ports;

  async function absent({ absence }: AbsentFault, res: Response): Promise<void> {
    const { application, ended } = absence;
    const { ip, userAgent, reference } = browser(res);
    const reason = ended === undefined ? 'MetadataUnavailable' : 'MetadataExpired';
    ports.audit.note({ event: 'assertion.refused', application, reason, ip, userAgent, reference });
    const name = (await ports.applications.find(application))?.name ?? application;
    const key = ended === undefined ? 'not-served' : 'ended';
    const values = ended === undefined ? {} : { date: { day: ended } };
    const model = { status: 503, key, application: name, values, code: 'RequestDenied' };
    res
      .status(503)
      .type('html')
      .send(render.page(res, 'error', model, 503));
  }

  return async (error, req, res, next) => {
    if (!(error instanceof SamlFault)) return next(error);
    const { reference, ip } = browser(res);
    log.warn({ fault: error.fault, detail: error.message, path: req.path, ip, reference }, 'SAML message refused');
    if (error instanceof AbsentFault) return absent(error, res);
    const model = { status: 400, key: 'request', code: 'RequestDenied' };
    res
      .status(400)
      .type('html')
      .send(render.page(res, 'error', model, 400));
  };
}
