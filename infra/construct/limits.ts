/** How long a run may take, in minutes: Lambda's maximum. 450 types at 10 per 5 s take 4, and a repair triples that. */
export const RUN_TIMEOUT = 15;

/**
 * The function's memory, in MB. Measured (`npm run bench -- growth`): a first run of 450 writes peaks at 150 MB, one of
 * a hundred clusters at 300. A run mostly waits, so the rest costs cents a month, and buys a faster start.
 */
export const MEMORY_SIZE = 512;

/** How far back an alarm of CloudWatch looks at most, in minutes, with periods of an hour or more ... */
export const LONGEST_ALARM = 7 * 24 * 60;

/** ... and with shorter ones. */
export const LONGEST_FINE_ALARM = 24 * 60;
