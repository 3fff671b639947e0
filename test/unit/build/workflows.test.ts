import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from '../../support/project.ts';
import { jobOf, jobs, steps, texts, workflows } from '../../support/workflows.ts';

// What can be said of GitHub's workflows where none of them runs. On GitHub, zizmor and CodeQL say more.

/** What each job may do beyond reading what is public anyway. A right that is not here has to be argued for here. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml/analyze': ['security-events'],
  'scorecard.yml/analysis': ['id-token', 'security-events'],
  'release-please.yml/release-please': ['actions', 'contents', 'issues', 'pull-requests'],
  'release.yml/attest': ['attestations', 'id-token'],
  'release.yml/npm': ['id-token'],
  'release.yml/github': ['contents'],
};

describe('the workflows', () => {
  it('name every action by its commit, with the version beside it', () => {
    const lines = [...texts.values()].flatMap((text) => text.match(/^.*\buses:.*$/gm) ?? []);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines)
      expect(line).toMatch(
        /uses: ([\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\.\/\.github\/workflows\/\w+\.yml)$/,
      );
  });

  it('use one version of each action', () => {
    // github/codeql-action/init and github/codeql-action/analyze are one.
    const versions = new Map<string, Set<string>>();
    for (const { step } of steps) {
      const [, action, version] = /^([\w-]+\/[\w-]+).*@(.+)$/.exec(step.uses ?? '') ?? [];
      if (action === undefined || version === undefined) continue;
      versions.set(action, (versions.get(action) ?? new Set()).add(version));
    }
    expect(versions.size).toBeGreaterThan(5);
    for (const [action, used] of versions) expect([...used], action).toHaveLength(1);
  });

  it('start without permissions, and grant them per job', () => {
    for (const [name, { permissions }] of workflows) expect(permissions, name).toEqual({});
    const writes = jobs.flatMap(({ name, job: { permissions = {} } }) => {
      expect(Object.keys(permissions), name).not.toEqual([]);
      for (const level of Object.values(permissions)) expect(level, name).toMatch(/^(read|write)$/);
      const scopes = Object.keys(permissions).filter((scope) => permissions[scope] === 'write');
      return scopes.length > 0 ? [[name, scopes.sort()]] : [];
    });
    expect(Object.fromEntries(writes)).toEqual(WRITES);
  });

  it('leave no credentials in a checkout', () => {
    const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(5);
    for (const { name, step } of checkouts) expect(step.with, name).toEqual({ 'persist-credentials': false });
  });

  it('run no dependency’s code in a job with write permission', () => {
    for (const { name, step } of steps.filter(({ name }) => WRITES[name] !== undefined))
      expect(step.run ?? '', name).not.toMatch(/npm (ci|install|run|test|pack)|npx|\.ci\/run/);
  });

  it('insert no expression into a shell script, where it would be executed', () => {
    for (const { name, step } of steps) expect(step.run ?? '', name).not.toContain('${{');
  });

  it('use no secrets, and cannot be started by outsiders with the repository’s permissions', () => {
    for (const text of texts.values())
      expect(text).not.toMatch(/\bsecrets\b|pull_request_target|workflow_run/);
  });

  it('have a timeout', () => {
    for (const { name, job } of jobs)
      if (job.uses === undefined) expect(job['timeout-minutes'], name).toBeLessThanOrEqual(20);
    for (const [name, { concurrency }] of workflows) expect(concurrency, name).toBeDefined();
  });
});

describe('CI', () => {
  it('has a job for each step of .ci/run, and no other', () => {
    const [, list = ''] = /^STEPS=\((.+)\)$/m.exec(readFileSync(join(PROJECT, '.ci', 'run'), 'utf8')) ?? [];
    const matrix = jobOf('ci.yml', 'step')?.strategy?.matrix;
    expect(Object.keys(workflows.get('ci.yml')?.jobs ?? {})).toEqual(['step']);
    expect(matrix).toEqual({ step: list.split(' ') });
    expect(jobOf('ci.yml', 'step')?.steps?.at(-1)?.run).toBe('.ci/run "$STEP"');
  });

  it('has a step for each of package.json’s groups of tests', () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    const groups = [...scripts['test:all'].matchAll(/npm (?:run )?test(?::(\w+))?/g)].map(
      ([, group]) => group ?? 'test',
    );
    expect(jobOf('ci.yml', 'step')?.strategy?.matrix).toEqual({ step: groups });
  });
});
