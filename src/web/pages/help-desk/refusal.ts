import { LEVELS } from '../../../core/assurance.ts';
import type { Reason } from '../../../core/policy.ts';
import type { AuditEntry } from '../../../core/store.ts';
import { reasonOf } from '../../../statistics/index.ts';
import type { DeskReason, DeskRefusal } from '../../help-desk-models.ts';
import { demandFrom, ownRule } from './demands.ts';

/** Events by which somebody got no further. */
export const REFUSALS = ['sign-in.denied', 'sign-in.refused', 'sign-in.locked'];

/** What the audit says of it: its facts are ours, and yet of another version perhaps. */
export function told({
  event,
  detail,
}: AuditEntry): Pick<DeskRefusal, 'message' | 'factor' | 'wanted' | 'held' | 'rules'> {
  const text = (key: string) => (typeof detail[key] === 'string' ? detail[key] : undefined);
  const level = (key: string) => LEVELS.find((one) => one === detail[key]);
  const [factor, wanted, held] = [text('factor'), level('wanted'), level('held')];
  const why = text('reason') ?? '';
  return {
    message: messageOf(event, why),
    ...(factor === undefined ? {} : { factor }),
    // What is refused altogether asks for no level.
    ...(wanted === undefined || why === 'denied' ? {} : { wanted }),
    ...(held === undefined ? {} : { held }),
    rules: Array.isArray(detail.rules) ? detail.rules.filter(isReason).map(shownOf) : [],
  };
}

function shownOf({ demands, ...reason }: Reason): DeskReason {
  const own = reason.effect === 'applied' ? ownRule(reason.rule) : undefined;
  return { ...reason, ...(own && { own }), demands: demands.map(demandFrom) };
}

/** Policy's reasons in sentences, others in the words of the reports; one that has none as it is, for whoever looks further. */
function messageOf(event: string, why: string): DeskRefusal['message'] {
  if (event === 'sign-in.locked') return { key: 'help-desk.refusal.locked' };
  const kind = event === 'sign-in.refused' ? reasonOf(event, why) : 'other';
  const key = kind === 'other' ? DENIED[why] : `reports.reason.${kind}`;
  return key === undefined ? { key: 'help-desk.refusal.other', values: { reason: why } } : { key };
}

const DENIED: Readonly<Record<string, string>> = {
  denied: 'help-desk.refusal.denied',
  unmet: 'help-desk.refusal.unmet',
  'no-method': 'help-desk.refusal.no-method',
  'stopped.methods': 'help-desk.refusal.stopped',
  'enrolment-not-here': 'help-desk.refusal.enrolment-not-here',
  'elsewhere.method': 'help-desk.refusal.elsewhere-method',
  'elsewhere.enrol': 'help-desk.refusal.elsewhere-enrol',
  'elsewhere.new-password': 'help-desk.refusal.elsewhere-new-password',
  'elsewhere.changed': 'help-desk.refusal.elsewhere-changed',
  'enrolment-needs-pass': 'help-desk.refusal.needs-pass',
  'held.no-method': 'help-desk.refusal.held-no-method',
  'held.not-here': 'help-desk.refusal.held-not-here',
  'elsewhere.due': 'help-desk.refusal.elsewhere-new-password',
  'due.not-here': 'help-desk.refusal.held-not-here',
};

const EFFECTS = ['applied', 'not-yet', 'grace', 'default'];

function isReason(value: unknown): value is Reason {
  if (typeof value !== 'object' || value === null) return false;
  const { rule, effect, demands, until } = value as Record<string, unknown>;
  return (
    typeof rule === 'string' &&
    EFFECTS.includes(String(effect)) &&
    Array.isArray(demands) &&
    demands.every((demand) => typeof demand === 'string') &&
    (until === undefined || typeof until === 'number')
  );
}
