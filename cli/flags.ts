/** The flags that stand for the environment variables of the function, so that both have the same rules. */
export interface Flag {
  readonly variable: string;
  /** What the help calls its value; without one the flag alone means `true`. */
  readonly value: string | null;
  readonly help: string;
}

/** The flags by the headings under which the help lists them. */
export const FLAG_GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  'What is worked on:': [
    { variable: 'REGION', value: 'name', help: "AWS region such as us-east-1 (default: the cluster's own)" },
    { variable: 'OS', value: 'name', help: 'Linux or Windows; required' },
    { variable: 'TARGET_NAME', value: 'name', help: 'marks own entries (default: default)' },
    {
      variable: 'FORMER_TARGET_NAME',
      value: 'name',
      help: 'after a renaming: its entries count as own, too',
    },
  ],
  'What is blacklisted:': [
    {
      variable: 'INTERRUPTION_THRESHOLD',
      value: 'percent',
      help: 'what you tolerate, 0 to below 100; required',
    },
    { variable: 'BLACKLIST_HOURS', value: 'hours', help: 'how long an entry lasts, 1 to 168 (default: 5)' },
    { variable: 'NEVER_BLACKLIST', value: 'globs', help: 'types such as m5.*,c7i*.large; never wins' },
    { variable: 'ALWAYS_BLACKLIST', value: 'globs', help: 'types that are blacklisted whatever their band' },
    { variable: 'RELEASE_CALM', value: null, help: 'remove own entries of calm types at once' },
  ],
  'How far it may go:': [
    { variable: 'DRY_RUN', value: null, help: 'decide and show, write nothing' },
    {
      variable: 'MIN_TYPES_PER_ARCHITECTURE',
      value: 'count',
      help: 'the floor; 0 switches it off (default: 15)',
    },
    {
      variable: 'MIN_FAMILIES_PER_ARCHITECTURE',
      value: 'count',
      help: 'the floor; 0 switches it off (default: 5)',
    },
    { variable: 'MAX_BLACKLIST_SHARE', value: 'share', help: 'the ceiling, 0 to 1 (default: 0.9)' },
    { variable: 'BATCH_SIZE', value: 'count', help: 'requests that start per pause, 1 to 100 (default: 10)' },
    { variable: 'BATCH_PAUSE', value: 'seconds', help: 'the pause, 0 to 300 (default: 5)' },
  ],
  'Addresses:': [
    {
      variable: 'CASTAI_API_URL',
      value: 'url',
      help: 'https://api.cast.ai (default), or the EU or India one',
    },
    { variable: 'SPOT_ADVISOR_URL', value: 'url', help: "the feed (default: AWS's own)" },
  ],
  'Credentials (better in the environment: the process list shows flags):': [
    { variable: 'API_KEY', value: 'key', help: 'CAST AI API key' },
    { variable: 'ORG_ID', value: 'id', help: 'CAST AI organization' },
    {
      variable: 'CLUSTER_ID',
      value: 'id',
      help: 'the cluster, or "*" for every EKS cluster; narrows a secret, too',
    },
    { variable: 'SECRET_ID', value: 'name', help: 'or: an AWS Secrets Manager secret that holds them' },
  ],
};

export const FLAGS: readonly Flag[] = Object.values(FLAG_GROUPS).flat();

/** @returns the flag of a variable: `--blacklist-hours` for `BLACKLIST_HOURS` */
export function flagOf(variable: string): string {
  return `--${variable.toLowerCase().replaceAll('_', '-')}`;
}

/** @returns the variable of a payload key or of a parsed option: `BLACKLIST_HOURS` for `blacklistHours` */
export function variableOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
