/** How long a run may take, in minutes: Lambda's longest. 450 types at 10 per 5 s take 4, and a repair triples that. */
export const RUN_TIMEOUT = 15;

/**
 * The function's memory, in MB. Measured (`npm run bench -- growth`): a first run of 450 writes peaks at 150 MB, one of
 * a hundred clusters at 300. A run mostly waits, so the rest costs cents a month, and buys a faster start.
 */
export const MEMORY_SIZE = 512;

/** CloudWatch looks back no further than this in an alarm, in minutes, if its periods are an hour or more ... */
export const LONGEST_ALARM = 7 * 24 * 60;

/** ... and no further than this if they are shorter. */
export const LONGEST_FINE_ALARM = 24 * 60;
