import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { OF_POLICIES, signsIn } from './no-effect.ts';
import { reportsError } from './paging.ts';
import { type Read, unreadable, untrusted } from './responses.ts';

/** Fields that identify a response as a cluster's policies. */
const FIELDS = [
  'enabled',
  'isScopedMode',
  'spotInstances',
  'unschedulablePods',
  'clusterLimits',
  'nodeDownscaler',
];

/** Reads from a cluster's policies why its autoscaler may buy no Spot machines. */
export function readAutoscaler({ status, text }: HttpAnswer): Read<readonly string[]> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  if (status !== 200) return untrusted(`its status is ${status}`);
  if (reportsError(body)) return untrusted('it reports an error');
  const names = Object.keys(body);
  if (names.length > 0 && !names.some((name) => FIELDS.includes(name)))
    return untrusted(unreadable('enabled'));
  const { doubts, unclear } = signsIn(body, OF_POLICIES);
  // What they say clearly counts, whatever else is in them.
  const [field] = doubts.length > 0 ? [] : unclear;
  return field === undefined ? { value: doubts, fault: null } : untrusted(unreadable(field));
}
