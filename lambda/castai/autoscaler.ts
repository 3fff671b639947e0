import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
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

/** Reads from a cluster's policies whether its autoscaler is on. A missing value means unknown. */
export function readAutoscaler({ status, text }: HttpAnswer): Read<{ readonly isOn: boolean | null }> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  if (status !== 200) return untrusted(`its status is ${status}`);
  if (reportsError(body)) return untrusted('it reports an error');
  const names = Object.keys(body);
  if (names.length > 0 && !names.some((name) => FIELDS.includes(name)))
    return untrusted(unreadable('enabled'));
  const { enabled = null } = body;
  if (enabled !== null && typeof enabled !== 'boolean') return untrusted(unreadable('enabled'));
  return { value: { isOn: enabled }, fault: null };
}
