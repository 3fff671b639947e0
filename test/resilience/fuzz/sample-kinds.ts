// The kinds of samples: what is right for each, and what is nearly so.

/** In every wrong value that is a text, and the digits in every one that is a number and not at the very edge. */
export const TRACE = 'quetzal';
export const DIGITS = 98_765;
/** Fits nowhere: no name, no glob, no address. */
export const NOWHERE = `${TRACE} %#`;

type Sample = readonly [given: unknown, expected: unknown];

export interface SettingSamples {
  /** In the payload, and of the settings; empty where there is none. */
  readonly key: string;
  readonly variable: string;
  /** What only applying needs: to clear, such a variable is not even looked at. */
  readonly isPolicy: boolean;
  readonly values: readonly Sample[];
  readonly texts: readonly Sample[];
  readonly wrongValues: readonly unknown[];
  readonly wrongTexts: readonly string[];
}

export const same = (...values: readonly unknown[]): Sample[] => values.map((value) => [value, value]);

export function setting(
  key: string,
  variable: string,
  more: Omit<SettingSamples, 'key' | 'variable' | 'isPolicy'> & { readonly isPolicy?: boolean },
): SettingSamples {
  return { key, variable, isPolicy: false, ...more };
}

export function word(key: string, variable: string, texts: readonly Sample[], wrong: readonly string[]) {
  return setting(key, variable, {
    isPolicy: variable === 'OS' || variable.startsWith('OWN_EVIDENCE'),
    values: texts,
    texts,
    wrongValues: [...wrong, NOWHERE, '', ' ', null, DIGITS, [TRACE], { [TRACE]: TRACE }],
    wrongTexts: [...wrong, NOWHERE, '', ' '],
  });
}

export function number(key: string, variable: string, right: readonly number[], wrong: readonly number[]) {
  const isPolicy = !['batchSize', 'batchPause'].includes(key);
  return setting(key, variable, {
    isPolicy,
    values: same(...right),
    texts: right.flatMap((value): Sample[] => [
      [String(value), value],
      [` ${value}\n`, value],
    ]),
    // DIGITS and a half is above every limit, and no whole number.
    wrongValues: [...wrong, DIGITS + 0.5, -DIGITS, String(right[0]), '', TRACE, null, true, [DIGITS], {}],
    wrongTexts: [
      ...wrong.map(String),
      ...[`${DIGITS}.5`, `-${DIGITS}`, `0x${DIGITS}`, `${right[0]}e0`, `${right[0]} ${TRACE}`],
      ...['', ' ', TRACE, 'Infinity', 'NaN', `${right[0]},5`, '.5', '5.', '+5'],
    ],
  });
}

export function flag(key: string, variable: string, isPolicy: boolean) {
  return setting(key, variable, {
    isPolicy,
    values: same(true, false),
    texts: [
      ...['true', 'yes', '1', 'TRUE', ' Yes '].map((text): Sample => [text, true]),
      ...['false', 'no', '0', 'False', ' NO '].map((text): Sample => [text, false]),
    ],
    wrongValues: ['true', 'false', 'no', '', 0, 1, null, DIGITS, TRACE, [false], {}],
    wrongTexts: ['', ' ', 'y', 'n', 'on', 'off', 'null', 'undefined', '00', `${DIGITS}`, `true ${TRACE}`],
  });
}

export function globs(key: string, variable: string) {
  const wrong = [NOWHERE, `m5.${TRACE}!`, `{m5,${TRACE}}`, `m[${TRACE}`, `[7-5].${TRACE}`, 'm'.repeat(65)];
  return setting(key, variable, {
    isPolicy: true,
    values: [
      [[], []],
      [['m5.*'], ['m5.*']],
      [
        [' M5.large', 'c7i*.large'],
        ['m5.large', 'c7i*.large'],
      ],
    ],
    texts: [
      ['', []],
      [' , ', []],
      ['m5.*', ['m5.*']],
      [' M5.large,,c7i*.large ', ['m5.large', 'c7i*.large']],
    ],
    wrongValues: [
      ...wrong.map((glob) => ['m5.*', glob]),
      ...['m5.*', '', null, DIGITS, [DIGITS], [''], [null], [['m5.*']], { [TRACE]: 'm5.*' }],
    ],
    wrongTexts: wrong.filter((glob) => !glob.includes(',')).map((glob) => `m5.*,${glob}`),
  });
}

export function nameGlobs(key: string, variable: string) {
  const wrong = [NOWHERE, `prod-${TRACE}!`, `{a,${TRACE}}`, `a/${TRACE}`, `[]${TRACE}`, 'm'.repeat(129)];
  return setting(key, variable, {
    values: [
      [['prod-*'], ['prod-*']],
      [
        [' Prod_1', 'EU?.[ab]*'],
        ['Prod_1', 'EU?.[ab]*'],
      ],
    ],
    texts: [
      ['prod-*', ['prod-*']],
      [' Prod_1,,EU?.[ab]* ', ['Prod_1', 'EU?.[ab]*']],
    ],
    // An empty list could mean all clusters, or none.
    wrongValues: [
      ...wrong.map((glob) => ['prod-*', glob]),
      ...[[], 'prod-*', '', null, DIGITS, [DIGITS], [''], [null], [['prod-*']], { [TRACE]: 'prod-*' }],
    ],
    wrongTexts: ['', ' , ', ...wrong.filter((glob) => !glob.includes(',')).map((glob) => `prod-*,${glob}`)],
  });
}

/** What only the environment can hold. */
export const NOT_IN_PAYLOAD = { isPolicy: false, values: [], wrongValues: [] };

export function address(key: string, variable: string, texts: readonly Sample[], wrong: readonly string[]) {
  const wrongTexts = [
    ...[
      ...wrong,
      NOWHERE,
      '',
      `ftp://${TRACE}`,
      `http://${TRACE}.example`,
      `http://127.0.0.1.${TRACE}.example`,
    ],
    ...[`https://user:${TRACE}@api.cast.ai`, `https://${TRACE}@api.cast.ai`, `//${TRACE}`],
  ];
  // The payload has no such key.
  return setting(key, variable, { ...NOT_IN_PAYLOAD, texts, wrongTexts });
}
