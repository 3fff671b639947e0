import { describe, expect, it } from 'vitest';
import { deploy } from '../../support/deployment.ts';
import { SCHEDULED_EVENT } from '../../support/settings.ts';

describe('the function', () => {
  it('sends no request if its settings are invalid', async () => {
    await using deployment = await deploy({ environment: { DRY_RUN: 'maybe', BATCH_SIZE: '-3' } });
    const { name, code, message } = await deployment.fail({ dryrun: true });
    expect({ name, code }).toEqual({ name: 'SettingsError', code: 'INVALID_SETTINGS' });
    for (const problem of ['DRY_RUN', 'BATCH_SIZE', 'dryrun']) expect(message).toContain(problem);
    expect(deployment.sandbox.requests).toEqual([]);
  });

  it('uses only the environment if EventBridge’s schedule invokes it', async () => {
    await using deployment = await deploy({ environment: { DRY_RUN: 'true' } });
    expect(await deployment.succeed(SCHEDULED_EVENT)).toMatchObject({
      dryRun: true,
      target: { name: 'default', region: 'us-east-1', os: 'Linux' },
    });
    expect(deployment.writes).toEqual([]);
  });
});
