import { describe, expect, it } from 'vitest';
import { jobOf, steps, workflows } from '../../support/workflows.ts';

describe('a release', () => {
  it('is published only after the tests, the build and the attestation, on npm before GitHub', () => {
    const { test, ...others } = workflows.get('release.yml')?.jobs ?? {};
    expect(test?.uses).toBe('./.github/workflows/ci.yml');
    expect(Object.entries(others).map(([id, { needs }]) => [id, needs])).toEqual([
      ['build', 'test'],
      ['attest', 'build'],
      ['npm', 'attest'],
      ['github', 'npm'],
    ]);
  });

  it('goes to npm with provenance, from an environment that can ask for approval', () => {
    const { environment, steps: published } = jobOf('release.yml', 'npm') ?? {};
    expect(environment).toBe('npm');
    expect(published?.at(-1)?.run).toMatch(/^npm publish \S+\.tgz --provenance /);
  });

  it('is started by release-please, since a tag that GitHub’s own token pushes starts nothing', () => {
    const started = steps.flatMap(({ step }) => [...(step.run ?? '').matchAll(/gh workflow run (\S+)/g)]);
    expect(started.length).toBe(2);
    for (const [, name = ''] of started)
      expect(workflows.get(name)?.on, name).toHaveProperty('workflow_dispatch');
  });
});
