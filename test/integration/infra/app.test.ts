import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runApp } from '../../support/app.ts';
import { TARGET } from '../../support/configuration.ts';
import { PROJECT } from '../../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist app-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the app', () => {
  test('synthesizes one stack from the configuration', () => {
    const { template, ...rest } = runApp(PROJECT, {
      out: join(folder, 'one'),
      configuration: { targets: [{ ...TARGET, interruptionThreshold: 10 }] },
      // CDK's own rules judge a synth in test/artifacts; here they would take most of the time.
      environment: { CDK_VALIDATION: 'false' },
    });
    expect(rest).toMatchObject({ status: 0, stderr: '' });
    expect(template).toContain('AWS::Lambda::Function');
    expect(template).toContain('"INTERRUPTION_THRESHOLD":"10"');
  });

  test('refuses a configuration in sentences, without a stack trace, and synthesizes nothing', () => {
    const { status, stdout, stderr, template } = runApp(PROJECT, {
      out: join(folder, 'none'),
      configuration: { schedule: 'rate(12 hours)', alarmEmail: 'nobody' },
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining('cannot be used'),
      expect.stringContaining('alarmEmail must be an e-mail address'),
      expect.stringContaining('targets.0.blacklistHours must be at least 24 h, but is 12 h'),
    ]);
    expect(template).toBeUndefined();
  });
});
