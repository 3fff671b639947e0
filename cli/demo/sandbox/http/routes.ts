/** The purpose of a request, named by job instead of path, so that tests read like sentences. */
export type Route =
  | 'feed'
  | 'secret'
  | 'clusters'
  | 'cluster'
  | 'templates'
  | 'nodes'
  | 'policies'
  | 'filter'
  | 'rules'
  | 'list'
  | 'add'
  | 'remove'
  | 'event'
  | 'queue'
  | 'evidence';

export const FEED_PATH = '/spot-advisor-data.json';
/** The AWS SDK keeps a path in its endpoint, so one port can serve AWS and CAST AI side by side. */
export const SECRETS_MANAGER_PATH = '/aws/secrets-manager';
export const EVENT_BRIDGE_PATH = '/aws/event-bridge';
export const SQS_PATH = '/aws/sqs';
export const EC2_PATH = '/aws/ec2';

const ROUTES: readonly { route: Route; method: string; path: RegExp }[] = [
  { route: 'feed', method: 'GET', path: new RegExp(`^${FEED_PATH}$`) },
  { route: 'secret', method: 'POST', path: new RegExp(`^${SECRETS_MANAGER_PATH}/?$`) },
  { route: 'event', method: 'POST', path: new RegExp(`^${EVENT_BRIDGE_PATH}/?$`) },
  { route: 'queue', method: 'POST', path: new RegExp(`^${SQS_PATH}/?$`) },
  { route: 'evidence', method: 'POST', path: new RegExp(`^${EC2_PATH}/?$`) },
  { route: 'clusters', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters$/ },
  { route: 'cluster', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters\/[^/]+$/ },
  { route: 'templates', method: 'GET', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/node-templates$/ },
  { route: 'nodes', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters\/[^/]+\/nodes$/ },
  { route: 'policies', method: 'GET', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/policies$/ },
  { route: 'filter', method: 'POST', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/filter-instance-types$/ },
  { route: 'rules', method: 'GET', path: /^\/inventory\/v1\/instance-blacklist-rules$/ },
  { route: 'list', method: 'GET', path: /^\/v1\/inventory\/blacklist$/ },
  { route: 'add', method: 'POST', path: /^\/v1\/inventory\/blacklist\/add$/ },
  { route: 'remove', method: 'POST', path: /^\/v1\/inventory\/blacklist\/remove$/ },
];

/** Returns the request's route; `undefined` if the path does not exist or does not accept the method. */
export function findRoute(method: string, path: string): Route | undefined {
  return ROUTES.find((one) => one.method === method && one.path.test(path))?.route;
}

/** Returns the method that `path` accepts; `undefined` if the path does not exist. */
export function methodOf(path: string): string | undefined {
  return ROUTES.find((one) => one.path.test(path))?.method;
}
