// GitHub's workflows, as far as the tests look at them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT } from './project.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly environment?: string;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly concurrency?: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = join(PROJECT, '.github', 'workflows');
/** The text of each workflow, by its file's name. */
export const texts = new Map(
  readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
);
export const workflows = new Map<string, Workflow>(
  [...texts].map(([name, text]) => [name, parse(text, { strict: true, uniqueKeys: true })]),
);

/** Every job as `workflow/job`. */
export const jobs = [...workflows].flatMap(([name, workflow]) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ name: `${name}/${id}`, job, steps: job.steps ?? [] })),
);
export const steps = jobs.flatMap((job) => job.steps.map((step) => ({ ...job, step })));

export const jobOf = (workflow: string, id: string) => workflows.get(workflow)?.jobs[id];
