import { expect, it } from 'vitest';
import { SETTING_LIST } from '../../../lambda/settings/table.ts';
import { DEFAULTS, SETTINGS } from '../../resilience/fuzz/setting-samples.ts';

it('the fuzz tests have samples of every setting that the environment can hold', () => {
  const settings = SETTING_LIST.filter(({ rule }) => rule.text !== null);
  expect(SETTINGS.map(({ variable }) => variable).sort()).toEqual(
    settings.map(({ variable }) => variable).sort(),
  );
  const optional = settings.filter((setting) => setting.default !== undefined);
  expect(Object.keys(DEFAULTS).sort()).toEqual(optional.map(({ key }) => key).sort());
});
