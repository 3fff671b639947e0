// The tables of docs/configuration.md, made from what checks the settings and the configuration.
import * as v from 'valibot';
import { configurationSchema, targetSchema } from '../../infra/stack/configuration-schema.ts';
import type { Setting } from '../../lambda/settings/rules.ts';
import { SETTING_LIST } from '../../lambda/settings/table.ts';
import { markdownTable } from './markdown-table.ts';

const TABLES = { configuration, target, settings };

/**
 * @param document the text of docs/configuration.md
 * @returns the same with today's tables
 * @throws {Error} if it has no place for one of them
 */
export function withTables(document: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const place = new RegExp(`(?<=<!-- npm run docs: ${name} -->\n\n).*?(?=<!-- end -->)`, 's');
    if (!place.test(text)) throw new Error(`docs/configuration.md has no place for the table "${name}".`);
    return text.replace(place, () => `${table().join('\n')}\n`);
  }, document);
}

function settings(): string[] {
  const rows = SETTING_LIST.map(({ key, variable, rule, inPayload, ...setting }) => [
    rule.text === null ? '–' : `\`${variable}\``,
    inPayload === 'never' ? '–' : `\`${key}\``,
    defaultOf(setting),
    words(setting),
  ]);
  return markdownTable(['variable', 'payload', 'default', 'meaning'], requiredFirst(rows));
}

function words({ docs, flag }: Pick<Setting, 'docs' | 'flag'>): string {
  return docs ?? flag?.help ?? '';
}

function defaultOf({ default: value, defaultInWords }: Pick<Setting, 'default' | 'defaultInWords'>): string {
  if (defaultInWords !== undefined) return defaultInWords;
  if (value === undefined) return REQUIRED;
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'empty';
  return `\`${value}\``;
}

function configuration(): string[] {
  const rows = Object.entries<v.GenericSchema>(configurationSchema.entries).map(([key, schema]) => {
    const same = SETTING_LIST.find((setting) => setting.key === key);
    return [`\`${key}\``, configuredDefault(schema), v.getDescription(schema) ?? (same ? words(same) : '')];
  });
  return markdownTable(['setting', 'default', 'meaning'], requiredFirst(rows));
}

/** What is a setting of the function, too, is only named. */
function target(): string[] {
  const all = Object.entries<v.GenericSchema>(targetSchema.entries).map(([key, schema]) => ({ key, schema }));
  const [described = [], others = []] = [true, false].map((isDescribed) =>
    all.filter(({ schema }) => (v.getDescription(schema) !== undefined) === isDescribed),
  );
  const named = Object.entries(Object.groupBy(others, ({ schema }) => configuredDefault(schema))).map(
    ([value, same = []]) => [
      same.map(({ key }) => `\`${key}\``).join(', '),
      value,
      "as in the [function's settings](#the-functions-settings)",
    ],
  );
  const rows = described.map(({ key, schema }) => [
    `\`${key}\``,
    configuredDefault(schema),
    v.getDescription(schema) ?? '',
  ]);
  return markdownTable(['setting', 'default', 'meaning'], requiredFirst([...rows, ...named]));
}

/** Nothing for what may be left out without having a default here. */
function configuredDefault(schema: v.GenericSchema): string {
  const value: unknown = v.getDefault(schema);
  if (value !== undefined) return `\`${value}\``;
  return schema.type === 'exact_optional' ? '' : REQUIRED;
}

const REQUIRED = 'required';

function requiredFirst(rows: readonly (readonly string[])[]): (readonly string[])[] {
  const isRequired = (row: readonly string[]) => row.includes(REQUIRED);
  return [...rows].sort((a, b) => Number(isRequired(b)) - Number(isRequired(a)));
}
