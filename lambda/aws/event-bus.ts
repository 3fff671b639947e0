import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { clientOptions } from './client.ts';
import { problemWith } from './errors.ts';

/** An event in EventBridge's form. */
export interface OutgoingEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
}

/** In milliseconds; all of it is bounded by the caller's signal. */
const LIMITS = { attempts: 2, connection: 1_000, response: 1_500 };

/**
 * Sends one event.
 *
 * @param bus name or ARN of the event bus
 * @param signal aborts it
 * @returns why EventBridge did not accept it, in this project's words; null if it did
 * @throws {SettingsError} if the environment names a proxy that is unusable
 */
export async function sendEvent(
  bus: string,
  { source, detailType, detail }: OutgoingEvent,
  signal: AbortSignal,
): Promise<string | null> {
  const client = new EventBridgeClient(clientOptions(LIMITS));
  const entry = { EventBusName: bus, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) };
  try {
    const response = await client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal: signal });
    // A response that is not understood confirms nothing.
    return response.FailedEntryCount === 0
      ? null
      : problemWith('events', { name: bus }, { name: response.Entries?.[0]?.ErrorCode });
  } catch (thrown) {
    return problemWith('events', { name: bus }, thrown);
  } finally {
    client.destroy();
  }
}
