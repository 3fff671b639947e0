import type { HttpResponse } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { type Read, reportsError, unreadable, untrusted } from './list.ts';

/**
 * A value in a response of CAST AI that raises doubt whether entries have an effect in a cluster: its place, the value
 * (null for any object), and a sentence that says what to do. Places and types are those that CAST AI's Terraform provider
 * publishes (`Cluster`, `Policies`).
 */
type Sign = readonly [place: string, value: boolean | string | null, sentence: string];

/** What was found. A missing value says nothing; one of another type is ignored. */
interface Signs {
  /** Sentences. */
  readonly doubts: readonly string[];
  /** The places of values of another type. */
  readonly unclear: readonly string[];
}

const REMOVE = 'or remove the cluster from the target.';
const OFF = `CAST AI's autoscaler is switched off for this cluster: at most its rebalancing buys machines. Switch it on, ${REMOVE}`;

const OF_CLUSTER: readonly Sign[] = [
  [
    'isPhase2',
    false,
    `CAST AI only reads this cluster (isPhase2 is false): the blacklist has no effect. Let CAST AI manage it, ${REMOVE}`,
  ],
  [
    'status',
    'warning',
    "CAST AI reports the status warning for this cluster: its autoscaler does not work. Correct what CAST AI's console says.",
  ],
  [
    'attributes.karpenter',
    null,
    'Karpenter is installed in this cluster: the blacklist may have no effect on it. Check that it buys no blacklisted type.',
  ],
];

/** The signs in a cluster's policies. */
const OF_POLICIES: readonly Sign[] = [
  ['enabled', false, OFF],
  // The switch in the console, which controls the adding of nodes.
  ['unschedulablePods.enabled', false, OFF],
  [
    'spotInstances.enabled',
    false,
    `CAST AI's policies do not allow Spot in this cluster (spotInstances). Allow it, ${REMOVE}`,
  ],
  [
    'isScopedMode',
    true,
    "CAST AI's autoscaler is in scoped mode: the blacklist affects only what is marked for it. Leave that mode if it is not intended.",
  ],
];

/**
 * @param cluster as CAST AI returned it
 * @returns sentences
 */
export function doubtsAboutCluster(cluster: Readonly<Record<string, unknown>>): readonly string[] {
  const { doubts, unclear } = signsIn(cluster, OF_CLUSTER);
  if (unclear.length === 0) return doubts;
  return [
    ...doubts,
    `CAST AI describes this cluster in an unknown form (${unclear.join(', ')}). Check in its console that the autoscaler manages it.`,
  ];
}

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
export function readAutoscaler({ status, text }: HttpResponse): Read<readonly string[]> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  if (status !== 200) return untrusted(`its status is ${status}`);
  if (reportsError(body)) return untrusted('it reports an error');
  const names = Object.keys(body);
  if (names.length > 0 && !names.some((name) => FIELDS.includes(name)))
    return untrusted(unreadable('enabled'));
  const { doubts, unclear } = signsIn(body, OF_POLICIES);
  // What the policies say clearly counts, whatever else is in them.
  const [field] = doubts.length > 0 ? [] : unclear;
  return field === undefined ? { value: doubts, fault: null } : untrusted(unreadable(field));
}

/** @returns the signs in a response */
function signsIn(response: Readonly<Record<string, unknown>>, signs: readonly Sign[]): Signs {
  const doubts = new Set<string>();
  const unclear: string[] = [];
  for (const [place, sign, sentence] of signs) {
    const value = valueAt(response, place);
    const isOfType = sign === null ? isRecord(value) : typeof value === typeof sign;
    if (value === null) continue;
    if (!isOfType) unclear.push(place);
    else if (sign === null || sign === (typeof value === 'string' ? value.toLowerCase() : value))
      doubts.add(sentence);
  }
  return { doubts: [...doubts], unclear };
}

/**
 * @returns null if there is none; a list, which matches no sign's type, if the path leads through something other than an
 * object
 */
function valueAt(response: unknown, place: string): unknown {
  let value = response ?? null;
  for (const name of place.split('.')) {
    if (!isRecord(value)) return value === null ? null : [value];
    value = value[name] ?? null;
  }
  return value;
}
