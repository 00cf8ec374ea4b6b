import { Counter, type Registry } from 'prom-client';
import type { AuditEvent } from '../../core/door.ts';
import type { Labels } from './labels.ts';

/** How a sign-in ended, and how an answer in one fared, by the event that says so. */
const SIGN_INS: Readonly<Record<string, string>> = { 'sign-in.completed': 'completed', 'sign-in.denied': 'denied' };
const ANSWERS: Readonly<Record<string, string>> = {
  'sign-in.proved': 'proved',
  'sign-in.refused': 'refused',
  'sign-in.locked': 'locked',
};
const MESSAGES: Readonly<Record<string, string>> = { 'message.sent': 'sent', 'message.failed': 'failed' };

/** What the audit hears is counted as well: there is one list of what happens. */
export function countEvents(registers: Registry[], labels: Labels): (event: AuditEvent) => void {
  const events = new Counter({
    name: 'sallyport_events_total',
    help: 'Audited events, by name: sign-ins, refusals, enrolments, revocations.',
    labelNames: ['event'],
    registers,
  });
  const signIns = new Counter({
    name: 'sallyport_sign_ins_total',
    help: 'Sign-ins that asked something and ended: completed, or denied by policy.',
    labelNames: ['outcome', 'application'],
    registers,
  });
  const answers = new Counter({
    name: 'sallyport_answers_total',
    help: 'Answers in sign-ins: proved, refused (wrong), or locked (not looked at).',
    labelNames: ['outcome', 'factor', 'application'],
    registers,
  });
  const messages = new Counter({
    name: 'sallyport_messages_total',
    help: 'Mail and text messages: taken by a sender, or not.',
    labelNames: ['outcome', 'channel', 'sender'],
    registers,
  });
  const spent = new Counter({
    name: 'sallyport_budgets_spent_total',
    help: 'Budgets that were used up, once in each window: by whose they are, and by name.',
    labelNames: ['owner', 'budget'],
    registers,
  });

  const bypassed = new Counter({
    name: 'sallyport_directory_bypassed_total',
    help: 'People let into an application by a passkey while their directory was away, once a minute for each.',
    labelNames: ['application'],
    registers,
  });
  const connections = new Counter({
    name: 'sallyport_connections_counted_total',
    help: 'People let into an application by the second factor of a live connection, once a minute for each.',
    labelNames: ['application'],
    registers,
  });

  return (told) => {
    const { event } = told;
    events.inc({ event });
    const [signIn, answer, message] = [SIGN_INS[event], ANSWERS[event], MESSAGES[event]];
    if (signIn) signIns.inc({ outcome: signIn, application: labels.application(told.application) });
    if (answer) {
      const { factor, application } = told;
      answers.inc({ outcome: answer, factor: labels.factor(factor), application: labels.application(application) });
    }
    if (message) {
      messages.inc({ outcome: message, channel: String(told.channel), sender: labels.sender(told.sender) });
    }
    if (event === 'directory.bypassed') bypassed.inc({ application: labels.application(told.application) });
    if (event === 'connection.counted') connections.inc({ application: labels.application(told.application) });
    if (event === 'budget.spent') spent.inc({ owner: String(told.owner), budget: String(told.budget) });
  };
}
