import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';

/** A kind of request, as its vendor publishes it. Both functions return what is wrong, one text for each fault. */
export interface Operation {
  request(request: SandboxRequest): string[];
  answer(text: string, isRefusal: boolean): string[];
}
