// A cluster with entries of every kind, and what a run does with them.
import type { BlacklistEntry } from '../../../cli/demo/sandbox/castai/castai.ts';
import { type CastAiSwitches, DEFAULT_SWITCHES } from '../../sandbox/castai/switches.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { HOUR, smallFeed } from '../../support/deployment.ts';

export const MARKER = 'spot-blacklist/default: ';

export const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();

/** Each risky type, and whose entry it has at first. */
export const RISKY = {
  'm5.large': 'new',
  'm5.xlarge': 'own, with most of its time left',
  'm5.2xlarge': 'own, due',
  'm5.4xlarge': 'own, expired',
  'c5.large': 'another owner’s, for all lifecycles',
  'r5.large': 'another owner’s, by its family',
  'i3.large': 'the organization’s',
  'd3.large': 'another owner’s, for on-demand machines',
  'c6i.large': 'another owner’s, under the same key',
  'x1.large': 'another owner’s, for all lifecycles, expiring soon',
  'z1d.large': 'another target’s',
};
const CALM = { 't3.large': 'own', 't3.small': 'another owner’s', 't3.micro': 'none' };

/** A sandbox whose feed has these types. */
export async function startMixed(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const bands = [
    ...Object.keys(RISKY).map((type) => [type, 4] as const),
    ...Object.keys(CALM).map((type) => [type, 0] as const),
  ];
  sandbox.feed.replace(smallFeed(Object.fromEntries(bands)));
  return sandbox;
}

/** Restores the entries, and CAST AI's default behaviour with the given exceptions. */
export function resetMixed(sandbox: Sandbox, switches: Partial<CastAiSwitches>): void {
  const { castai, faults, requests } = sandbox;
  const own = { lifecycle: 'spot', reason: `${MARKER}>20% interrupted` } as const;
  Object.assign(castai.switches, DEFAULT_SWITCHES, switches);
  faults.clear();
  requests.length = 0;
  castai.entries = [];
  castai.seed({ ...own, instanceType: 'm5.xlarge', expiresAt: inHours(4) });
  castai.seed({ ...own, instanceType: 'm5.2xlarge', expiresAt: inHours(1) });
  castai.seed({ ...own, instanceType: 'm5.4xlarge', expiresAt: inHours(-1) });
  castai.seed({ ...own, instanceType: 't3.large', expiresAt: inHours(2) });
  castai.seed({ instanceType: 'c5.large', reason: 'out of capacity' });
  castai.seed({ instanceFamily: 'r5', lifecycle: 'spot', expiresAt: inHours(24) });
  castai.seed({ instanceType: 'i3.large', clusterId: null, reason: 'policy' });
  castai.seed({ instanceType: 'd3.large', lifecycle: 'on_demand', reason: 'by hand' });
  castai.seed({ instanceType: 'c6i.large', lifecycle: 'spot', reason: 'by hand', expiresAt: inHours(24) });
  castai.seed({ instanceType: 'x1.large', reason: 'by hand', expiresAt: inHours(1) });
  castai.seed({
    instanceType: 'z1d.large',
    lifecycle: 'spot',
    reason: 'spot-blacklist/other: x',
    expiresAt: inHours(4),
  });
  castai.seed({ instanceType: 't3.small', reason: 'by hand', expiresAt: inHours(1) });
  castai.seed({
    instanceType: 'm5.large',
    lifecycle: 'spot',
    clusterId: '0e6f0000-0000-4000-8000-000000000000',
  });
  castai.seed({ instanceType: 'm5.large', lifecycle: 'spot', reason: 'expired', expiresAt: inHours(-3) });
}

export const isOwn = ({ reason }: BlacklistEntry) => reason.startsWith(MARKER);

export const foreignEntries = ({ castai }: Sandbox) =>
  structuredClone(castai.entries.filter((one) => !isOwn(one)));

/** For how long a type cannot be bought as Spot in the cluster, in hours; without expiry is Infinity. */
export function coverage({ castai }: Sandbox, type: string): number {
  const hoursLeft = ({ expiresAt }: BlacklistEntry) =>
    expiresAt === null ? Number.POSITIVE_INFINITY : (Date.parse(expiresAt) - Date.now()) / HOUR;
  const covering = castai.entries.filter(
    ({ clusterId, instanceType, instanceFamily, lifecycle }) =>
      (clusterId === null || clusterId === castai.clusters[0]?.id) &&
      (instanceType === type || instanceFamily === type.split('.')[0]) &&
      lifecycle !== 'on_demand',
  );
  return Math.max(0, ...covering.map(hoursLeft));
}
