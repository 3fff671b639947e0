import type { SandboxRequest } from '../http/exchange.ts';
import type { Route } from '../http/routes.ts';

/** @returns how many of the requests read from CAST AI, and how many write to it */
export function countCastAiRequests(requests: readonly SandboxRequest[]): { reads: number; writes: number } {
  const among = (routes: readonly (Route | undefined)[]) =>
    requests.filter(({ route }) => routes.includes(route)).length;
  return {
    reads: among(['list', 'cluster', 'clusters', 'templates', 'nodes', 'policies']),
    writes: among(['add', 'remove']),
  };
}
