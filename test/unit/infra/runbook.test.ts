import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QUERIES } from '../../../infra/construct/dashboard.ts';
import { METRICS } from '../../../lambda/report/metric-names.ts';

test('every metric is in the reference, with its unit', () => {
  const reference = readFileSync('docs/reference.md', 'utf8');
  for (const { name, unit } of Object.values(METRICS)) {
    expect(reference).toContain(`| \`${name}\` | ${unit.toLowerCase()} |`);
  }
});

test('every saved query is in the runbook as it is', () => {
  const runbook = readFileSync('docs/operate.md', 'utf8');
  for (const query of Object.values(QUERIES)) expect(runbook).toContain(query);
});
