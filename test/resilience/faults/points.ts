import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { aboutType, type FaultRule } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { typeIn } from '../../support/deployment.ts';
import { ADDED_TYPE } from './situation.ts';

/** The points of a run at which something can go wrong, in the order of the tables. */
export type Point = keyof typeof POINTS;

interface PointOfRun {
  readonly title: string;
  /** Which requests are struck. */
  when(sandbox: Sandbox): FaultRule['when'];
  /** Whether they take effect before their answer is lost. */
  readonly takesEffect?: true;
  /** Whether it is read at the same time as the list, and the run gets by without it. */
  readonly isOptional?: true;
}

const seen = (sandbox: Sandbox, route: string) => sandbox.requests.some((one) => one.route === route);
export const isForCluster = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;

export const asksForFallback = ({ query }: SandboxRequest) => query['lifecycleType'] === 'fallback';

export const POINTS = {
  secret: { title: 'the secret', when: () => ({ route: 'secret' }) },
  feed: { title: 'the feed', when: () => ({ route: 'feed' }) },
  cluster: { title: 'the cluster', when: () => ({ route: 'cluster' }) },
  fleet: { title: 'the list of clusters, for a fleet', when: () => ({ route: 'clusters' }) },
  queue: { title: "the queue, for a large fleet's jobs", when: () => ({ route: 'queue' }) },
  shared: {
    title: "the organization's list",
    when: () => ({ route: 'list', matching: (request) => !isForCluster(request) }),
  },
  list: {
    title: 'the list before writing',
    when: (sandbox) => ({
      route: 'list',
      matching: (request) => isForCluster(request) && !seen(sandbox, 'add'),
    }),
  },
  evidence: { title: 'own evidence', when: () => ({ route: 'evidence' }), isOptional: true },
  'evidence status': {
    title: "own evidence's status",
    when: () => ({
      route: 'evidence',
      matching: ({ text }) => text.includes('GetCapacityManagerAttributes'),
    }),
    isOptional: true,
  },
  templates: { title: 'the node templates', when: () => ({ route: 'templates' }), isOptional: true },
  nodes: {
    title: 'the nodes',
    when: () => ({ route: 'nodes', matching: (request) => !asksForFallback(request) }),
    isOptional: true,
  },
  'fallback nodes': {
    title: 'the fallback nodes',
    when: () => ({ route: 'nodes', matching: asksForFallback }),
    isOptional: true,
  },
  policies: { title: 'the autoscaler policies', when: () => ({ route: 'policies' }), isOptional: true },
  add: {
    title: 'one add of many',
    when: () => ({ route: 'add', matching: aboutType(ADDED_TYPE) }),
  },
  'taken add': {
    title: 'between an add and its answer',
    when: () => ({ route: 'add', matching: aboutType(ADDED_TYPE) }),
    takesEffect: true,
  },
  verify: {
    title: 'the list after writing',
    when: (sandbox) => ({
      route: 'list',
      matching: (request) => isForCluster(request) && seen(sandbox, 'add'),
    }),
  },
  removal: { title: 'removing what is to be added again', when: () => ({ route: 'remove' }) },
  'taken removal': {
    title: 'between such a removal and its answer',
    when: () => ({ route: 'remove' }),
    takesEffect: true,
  },
  replacement: {
    title: 'adding again what had to be removed',
    when: (sandbox) => ({
      route: 'add',
      matching: (request) =>
        sandbox.requests.some((one) => one.route === 'remove' && aboutType(typeIn(one))(request)),
    }),
  },
  'replaced list': {
    title: 'the list after that',
    when: (sandbox) => ({
      route: 'list',
      matching: (request) => isForCluster(request) && seen(sandbox, 'remove'),
    }),
  },
  release: { title: 'releasing a type that is calm again', when: () => ({ route: 'remove' }) },
  'urgent release': {
    title: 'releasing a type that is on the never list',
    when: () => ({ route: 'remove' }),
  },
  event: { title: 'the event after the run', when: () => ({ route: 'event' }) },
} satisfies Readonly<Record<string, PointOfRun>>;

export const ALL_POINTS = Object.keys(POINTS) as Point[];

/** Whether a run that ends here has not written anything yet. */
export function isBeforeWriting(point: Point): boolean {
  return ALL_POINTS.indexOf(point) <= ALL_POINTS.indexOf('policies');
}

export const pointOf = (point: Point): PointOfRun => POINTS[point];
