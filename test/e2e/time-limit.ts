/**
 * How long a test or a hook may take, in milliseconds: one or two commands of CDK or npm. A bootstrap with a deployment took
 * 170 s on two busy cores; a machine four times slower needs eleven minutes.
 */
export const TIME_LIMIT = 15 * 60_000;
