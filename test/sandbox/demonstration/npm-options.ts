// Options that npm took for its own, because `--` was forgotten before them. npm only warns, far above our text.

/** npm's name for each environment variable that an option of ours ends up in starts with this. */
const PREFIX = 'npm_config_';

/** What our options are, as `parseArgs` wants them. */
type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/**
 * Returns how the command should have been written, such as `npm start -- --region eu-west-1`; `undefined` where npm
 * took nothing.
 *
 * @param given names of the options that did reach us: with them, an `os=linux` in .npmrc does no harm.
 * @param positionals the values that npm left over when it took `--region eu-west-1` for a switch.
 */
export function commandMeant(
  options: Options,
  environment: Readonly<Record<string, string | undefined>>,
  given: readonly string[],
  positionals: readonly string[],
): string | undefined {
  const taken = Object.keys(options).filter(
    (name) => environment[`${PREFIX}${name}`] !== undefined && !given.includes(name),
  );
  if (taken.length === 0) return undefined;
  const textOf = (name: string) => environment[`${PREFIX}${name}`] ?? '';
  const isWithoutValue = (name: string) => options[name]?.type === 'string' && textOf(name) === 'true';
  // npm does not say which value belonged to which option: with one of each there is no doubt.
  const [value, ...others] = positionals;
  const isClear = others.length === 0 && taken.filter(isWithoutValue).length === 1;
  const words = taken.map((name) => {
    if (options[name]?.type === 'boolean') return `--${name}`;
    const own = isWithoutValue(name) ? ((isClear ? value : undefined) ?? name.toUpperCase()) : textOf(name);
    return `--${name} ${/^[\w./:@+-]+$/.test(own) ? own : `'${own}'`}`;
  });
  return `npm start -- ${words.join(' ')}`;
}
