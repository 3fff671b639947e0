import * as v from 'valibot';
import type { ProbePorts } from '../../cli/probe/probe.ts';
import type { CastAiSwitches } from '../sandbox/castai/switches.ts';

const fact = v.union([v.string(), v.number(), v.boolean(), v.null()]);

/** What `probe` writes to its file, as far as it has a structure of its own. */
const RECORD = v.strictObject({
  version: v.string(),
  day: v.pipe(v.string(), v.isoDate()),
  api: v.string(),
  requests: v.number(),
  error: v.nullable(v.string()),
  isClean: v.boolean(),
  findings: v.array(v.strictObject({ id: v.string(), found: v.string(), facts: v.record(v.string(), fact) })),
});

type Facts = Readonly<Record<string, v.InferOutput<typeof fact>>>;

/** What a record says of CAST AI: the facts by question. @throws {v.ValiError} if the text is no record */
export function factsIn(text: string): Readonly<Record<string, Facts>> {
  const { findings } = v.parse(RECORD, JSON.parse(text));
  return Object.fromEntries(findings.map(({ id, facts }) => [id, facts]));
}

const ON_ADD = {
  extended: 'extend',
  ignored: 'ignore',
  duplicated: 'duplicate',
  refused: 'conflict',
} as const;

/** The questions whose answers {@link switchesFor} repeats. */
export const REPEATED = [
  ...['add', 'acts', 'lifecycle', 'reason', 'expiry', 'add-again', 'long-reason', 'expired', 'add-expired'],
];

/** @returns the sandbox's switches with which it behaves as CAST AI did; what was not found out is left as it is */
export function switchesFor(facts: ReturnType<typeof factsIn>): Partial<CastAiSwitches> {
  const { acts, lifecycle, reason, expiry, expired } = facts;
  const again = v.safeParse(
    v.picklist(['extended', 'ignored', 'duplicated', 'refused']),
    facts['add-again']?.['outcome'],
  );
  const characters = reason?.['outcome'] === 'truncated' ? Number(reason['characters']) : null;
  const isRounded = expiry?.['outcome'] === 'rounded';
  return {
    ...(again.success && { onAddExisting: ON_ADD[again.output] }),
    ...(characters !== null && { alterReason: (text) => text.slice(0, characters) }),
    ...(lifecycle?.['kept'] === false && { storeLifecycle: 'all' }),
    echoReason: reason?.['outcome'] !== 'dropped',
    filterHeedsBlacklist: acts?.['acts'] !== false,
    listExpired: expired?.['listed'] === true,
    expiredRowsConflict: facts['add-expired']?.['blocked'] === true,
    roundExpiryToSeconds: isRounded && expiry['seconds'] === 0,
    roundExpiryToMinutes: isRounded && expiry['seconds'] !== 0,
    keyMayWrite: facts['add']?.['status'] !== 403,
  };
}

/**
 * @param now the probe's clock: milliseconds since 1970
 * @param pass lets so many milliseconds pass
 * @returns what a probe needs, with a user who approves
 */
export function portsWith(now: () => number, pass: (milliseconds: number) => void): ProbePorts {
  return {
    now,
    wait: async (milliseconds) => pass(milliseconds),
    signal: AbortSignal.timeout(60_000),
    approve: async () => true,
    onFound: () => {},
    mayWait: false,
    typesIn: async () => [],
  };
}
