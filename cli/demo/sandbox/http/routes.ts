/** The purpose of a request, named by task instead of path, so that tests read like sentences. */
export type Route =
  | 'feed'
  | 'secret'
  | 'evidence'
  | 'clusters'
  | 'cluster'
  | 'templates'
  | 'nodes'
  | 'policies'
  | 'list'
  | 'add'
  | 'remove';

export interface RouteRow<Name extends string = string> {
  readonly route: Name;
  readonly method: string;
  readonly path: RegExp;
}

export const FEED_PATH = '/spot-advisor-data.json';
/** The AWS SDK keeps a path in its endpoint, so one port can serve AWS and CAST AI side by side. */
export const SECRETS_MANAGER_PATH = '/aws/secrets-manager';
export const EC2_PATH = '/aws/ec2';

export const ROUTES: readonly RouteRow<Route>[] = [
  { route: 'feed', method: 'GET', path: new RegExp(`^${FEED_PATH}$`) },
  { route: 'secret', method: 'POST', path: new RegExp(`^${SECRETS_MANAGER_PATH}/?$`) },
  { route: 'evidence', method: 'POST', path: new RegExp(`^${EC2_PATH}/?$`) },
  { route: 'clusters', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters$/ },
  { route: 'cluster', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters\/[^/]+$/ },
  { route: 'templates', method: 'GET', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/node-templates$/ },
  { route: 'nodes', method: 'GET', path: /^\/v1\/kubernetes\/external-clusters\/[^/]+\/nodes$/ },
  { route: 'policies', method: 'GET', path: /^\/v1\/kubernetes\/clusters\/[^/]+\/policies$/ },
  { route: 'list', method: 'GET', path: /^\/v1\/inventory\/blacklist$/ },
  { route: 'add', method: 'POST', path: /^\/v1\/inventory\/blacklist\/add$/ },
  { route: 'remove', method: 'POST', path: /^\/v1\/inventory\/blacklist\/remove$/ },
];

/** Returns the request's route; `undefined` if the path does not exist or does not accept the method. */
export function findRoute<Name extends string>(
  routes: readonly RouteRow<Name>[],
  method: string,
  path: string,
): Name | undefined {
  return routes.find((one) => one.method === method && one.path.test(path))?.route;
}
