import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { reportsError } from './paging.ts';
import { type Read, unreadable, untrusted } from './responses.ts';

/** Of the fields that a cluster's policies have, those that tell them from another document. */
const FIELDS = [
  'enabled',
  'isScopedMode',
  'spotInstances',
  'unschedulablePods',
  'clusterLimits',
  'nodeDownscaler',
];

/** Reads out of a cluster's policies whether its autoscaler is on. What is not set is not known. */
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
