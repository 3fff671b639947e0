import { credentialFlag, type Flag, SETTING_LIST, type Setting } from '../lambda/settings/table.ts';

const ofSettings = SETTING_LIST.flatMap(({ flag, ...setting }) =>
  flag === null ? [] : [{ ...flag, variable: setting.variable, help: flag.help + defaultOf(setting) }],
);

const ofCredentials = [
  { variable: 'API_KEY', ...credentialFlag('key', 'CAST AI API key') },
  { variable: 'ORG_ID', ...credentialFlag('id', 'CAST AI organization') },
  {
    variable: 'CLUSTER_ID',
    ...credentialFlag('id', 'the cluster, or "*" for every EKS cluster; narrows a secret, too'),
  },
];

/** The flags that stand for environment variables, in the order of the help. */
export const FLAGS: readonly (Flag & { readonly variable: string })[] = [...ofSettings, ...ofCredentials];

/** What follows on a flag's help. That something is off or empty unless given goes without saying. */
function defaultOf({ default: value, defaultInWords, scope }: Omit<Setting, 'flag'>): string {
  if (value === undefined) return scope === 'policy' ? '; required' : '';
  const shown = defaultInWords ?? (value && String(value));
  return shown ? ` (default: ${shown})` : '';
}

/** @returns the flag of a variable: `--blacklist-hours` for `BLACKLIST_HOURS` */
export function flagOf(variable: string): string {
  return `--${variable.toLowerCase().replaceAll('_', '-')}`;
}
