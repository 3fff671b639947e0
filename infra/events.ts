/** The source of the events that a run emits on the default bus. */
export const EVENT_SOURCE = 'spot-blacklist';
