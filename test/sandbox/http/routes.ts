import {
  ROUTES as PLAIN_ROUTES,
  type Route as PlainRoute,
  type RouteRow,
} from '../../../cli/demo/sandbox/http/routes.ts';

/** What the stand-in of the demonstration has, and what only tests need. */
export type Route = PlainRoute | 'event' | 'queue' | 'filter' | 'rules';

export const EVENT_BRIDGE_PATH = '/aws/event-bridge';
export const SQS_PATH = '/aws/sqs';

export const ROUTES: readonly RouteRow<Route>[] = [
  ...PLAIN_ROUTES,
  { route: 'event', method: 'POST', path: new RegExp(`^${EVENT_BRIDGE_PATH}/?$`) },
  { route: 'queue', method: 'POST', path: new RegExp(`^${SQS_PATH}/?$`) },
  { route: 'filter', method: 'POST', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/filter-instance-types$/ },
  { route: 'rules', method: 'GET', path: /^\/inventory\/v1\/instance-blacklist-rules$/ },
];
