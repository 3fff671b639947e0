import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { createAgents, HOW_TO_TRUST } from '../http/agents.ts';
import { kindOf } from './error-kind.ts';

/** An event as EventBridge takes it. */
export interface OutgoingEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
}

/** In milliseconds; all of it is bounded by the caller's signal. */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true };

/**
 * Sends one event.
 *
 * @param bus name or ARN of the event bus
 * @param signal aborts it
 * @returns why EventBridge did not take it, in this project's words; null if it did
 * @throws {SettingsError} if the environment names a proxy that is unusable
 */
export async function sendEvent(
  bus: string,
  { source, detailType, detail }: OutgoingEvent,
  signal: AbortSignal,
): Promise<string | null> {
  const { http: httpAgent, https: httpsAgent } = createAgents();
  const client = new EventBridgeClient({
    maxAttempts: 2,
    requestHandler: { ...TIMEOUTS, httpAgent, httpsAgent },
  });
  const entry = { EventBusName: bus, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) };
  try {
    const response = await client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal: signal });
    // A response that cannot be understood confirms nothing.
    return response.FailedEntryCount === 0 ? null : problemOf(response.Entries?.[0]?.ErrorCode, bus);
  } catch (thrown) {
    return problemOf(kindOf(thrown), bus);
  } finally {
    client.destroy();
  }
}

/** Only the kind of AWS's error is read: its texts contain the request. */
function problemOf(kind: unknown, bus: string): string {
  switch (kind) {
    case 'AccessDeniedException':
    case 'NotAuthorizedForSourceException':
    case 'NotAuthorizedForDetailTypeException':
      return `The function may not put events on the bus ${bus}. Allow its role events:PutEvents there, and check the bus's policy.`;
    case 'ResourceNotFoundException':
    case 'InvalidArgument':
    case 'ValidationException':
      return `EventBridge does not take events for the bus ${bus}. Check EVENT_BUS against: aws events list-event-buses`;
    case 'UntrustedCertificate':
      return `The TLS certificate presented for EventBridge is not trusted. ${HOW_TO_TRUST}`;
    case 'AbortError':
    case 'TimeoutError':
      return 'EventBridge could not be reached in time. If the function is in a VPC, give it an endpoint for events or a NAT gateway.';
    default:
      return 'EventBridge did not take the event. The next run sends its own; if it stays so, check the AWS Health Dashboard.';
  }
}
