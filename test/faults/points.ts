import type { SandboxRequest } from '../sandbox/http/exchange.ts';
import { aboutType, type FaultRule } from '../sandbox/http/faults.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { typeIn } from '../support.ts';
import { ADDED_TYPE } from './situation.ts';

/** The points of a run at which something can go wrong. */
export type Point = keyof typeof POINTS;

interface PointOfRun {
  readonly title: string;
  /** Which requests are struck. */
  when(sandbox: Sandbox): FaultRule['when'];
}

const seen = (sandbox: Sandbox, route: string) => sandbox.requests.some((one) => one.route === route);
const isForCluster = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;

export const POINTS = {
  secret: { title: 'the secret', when: () => ({ route: 'secret' }) },
  feed: { title: 'the feed', when: () => ({ route: 'feed' }) },
  cluster: { title: 'the cluster', when: () => ({ route: 'cluster' }) },
  fleet: { title: 'the list of clusters, for a fleet', when: () => ({ route: 'clusters' }) },
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
  add: {
    title: 'one add of many',
    when: () => ({ route: 'add', matching: aboutType(ADDED_TYPE) }),
  },
  'taken add': {
    title: 'between an add and its answer',
    when: (sandbox) => ({
      route: 'add',
      matching: (request) => {
        if (!aboutType(ADDED_TYPE)(request)) return false;
        // It takes effect, and only then the answer is lost.
        sandbox.castai.answer(request);
        return true;
      },
    }),
  },
  verify: {
    title: 'the list after writing',
    when: (sandbox) => ({
      route: 'list',
      matching: (request) => isForCluster(request) && seen(sandbox, 'add'),
    }),
  },
  replacement: {
    title: 'adding again what had to be removed',
    when: (sandbox) => ({
      route: 'add',
      matching: (request) =>
        sandbox.requests.some((one) => one.route === 'remove' && aboutType(typeIn(one))(request)),
    }),
  },
} satisfies Readonly<Record<string, PointOfRun>>;

export const ALL_POINTS = Object.keys(POINTS) as Point[];

/** Whether a run that ends here has not written anything yet. */
export function isBeforeWriting(point: Point): boolean {
  return ALL_POINTS.indexOf(point) <= ALL_POINTS.indexOf('list');
}

export const pointOf = (point: Point): PointOfRun => POINTS[point];
