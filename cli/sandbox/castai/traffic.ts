import type { SandboxRequest } from '../http/exchange.ts';

/** @returns how many of the requests read from CAST AI, and how many write to it */
export function countCastAiRequests(requests: readonly SandboxRequest[]): { reads: number; writes: number } {
  const routes = requests.map(({ route }) => route);
  return {
    reads: routes.filter((route) => route === 'list' || route === 'cluster' || route === 'clusters').length,
    writes: routes.filter((route) => route === 'add' || route === 'remove').length,
  };
}
