/** The messages between the parent and the function's process, and Lambda's representation of errors. */

/** An error as Lambda's Invoke API returns it. */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** To the child: invoke the handler. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** When Lambda would end the process, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** From the child: the handler is loaded, or could not be. */
export interface LoadedMessage {
  readonly kind: 'loaded';
  readonly error?: FunctionErrorPayload;
}

/** From the child: the invocation has ended. `json` is the result as Lambda would send it. */
export interface DoneMessage {
  readonly kind: 'done';
  readonly json?: string;
  readonly error?: FunctionErrorPayload;
}

export type ChildMessage = LoadedMessage | DoneMessage;

/**
 * Marks the end of an invocation's output on stdout and stderr. Messages overtake output, so the parent reads until it has
 * seen this on both.
 */
export const endOfLog = (requestId: string): string => `\u0000end of ${requestId}\u0000`;
