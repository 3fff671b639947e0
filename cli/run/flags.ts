import type { Flag, Setting } from '../../lambda/settings/rules.ts';
import { CREDENTIAL_VARIABLES } from '../../lambda/settings/settings.ts';
import { credentialFlag, SETTING_LIST, variableOf } from '../../lambda/settings/table.ts';

const ofSettings = SETTING_LIST.flatMap(({ flag, ...setting }) =>
  flag === null
    ? []
    : [
        {
          ...flag,
          variable: setting.variable,
          help: flag.help + defaultOf(setting),
          isOfClear: setting.scope !== 'policy' && setting.key !== 'spotAdvisorUrl',
        },
      ],
);

const ofCredentials = [
  { variable: 'API_KEY', ...credentialFlag('key', 'CAST AI API key') },
  { variable: 'ORG_ID', ...credentialFlag('id', 'CAST AI organization') },
  {
    variable: 'CLUSTER_ID',
    ...credentialFlag('id', 'the cluster, or "*" for every EKS cluster; narrows a secret, too'),
  },
].map((flag) => ({ ...flag, isOfClear: true }));

interface VariableFlag extends Flag {
  readonly variable: string;
  /** Whether `clear` reads it. */
  readonly isOfClear: boolean;
}

/** The flags of settings and credentials, in the order of the help. */
export const FLAGS: readonly VariableFlag[] = [...ofSettings, ...ofCredentials];

/** The variables of the credentials. */
export const CREDENTIALS: readonly string[] = ['SECRET_ID', ...CREDENTIAL_VARIABLES];

/** The variables of a policy that have no default. */
export const POLICY = ['OS', 'INTERRUPTION_THRESHOLD'];

/** The suffix of a flag's help. Defaults that mean "off" or "empty" are not shown. */
function defaultOf({ default: value, defaultInWords, scope }: Omit<Setting, 'flag'>): string {
  if (value === undefined) return scope === 'policy' ? '; required' : '';
  const shown = defaultInWords ?? (value && String(value));
  return shown ? ` (default: ${shown})` : '';
}

/** @returns the flag of a variable: `--blacklist-hours` for `BLACKLIST_HOURS` */
export function flagOf(variable: string): string {
  return `--${variable.toLowerCase().replaceAll('_', '-')}`;
}

/** @returns a text with its settings as flags: `--never-blacklist 'm5.*'` for `NEVER_BLACKLIST='m5.*'` */
export function withFlags(text: string): string {
  return text.replaceAll(/\b([A-Z_]+)=(?=')/g, (assignment, variable) =>
    FLAGS.some((flag) => flag.variable === variable) ? `${flagOf(variable)} ` : assignment,
  );
}

/**
 * @param options the typed options, by the flags' names in camel case
 * @returns the settings' texts, by variable
 */
export function byVariable(options: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([key, text]) => [variableOf(key), String(text)]));
}
