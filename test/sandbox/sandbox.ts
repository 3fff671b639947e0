import type { ServerResponse } from 'node:http';
import { pause, prepareDelivery } from '../../cli/demo/sandbox/http/delivery.ts';
import type { SandboxRequest, Service } from '../../cli/demo/sandbox/http/exchange.ts';
import { Faults } from '../../cli/demo/sandbox/http/faults.ts';
import { PlainSandbox, type SandboxOptions, started } from '../../cli/demo/sandbox/sandbox.ts';

export { type SandboxOptions, SECRET_NAME } from '../../cli/demo/sandbox/sandbox.ts';

/** A sandbox where things go wrong, if a test wants it. */
export class Sandbox extends PlainSandbox {
  readonly faults = new Faults();

  protected override async respond(
    service: Service,
    request: SandboxRequest,
    response: ServerResponse,
  ): Promise<void> {
    const { delayMs, fault } = this.faults.judge(request);
    const deliver = prepareDelivery(service, request, fault);
    await pause(delayMs);
    // The caller may have given up during the delay.
    if (!response.destroyed) await deliver(response);
  }
}

/** As `startPlainSandbox` does. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return started(Sandbox, options);
}
