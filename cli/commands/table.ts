import { DEMO } from './demo.ts';
import { DIFF } from './diff.ts';
import type { CommandRow } from './invocation.ts';
import { PROBE } from './probe.ts';
import { REPORT } from './report.ts';
import { APPLY, CLEAR, PLAN } from './run.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRow[] = [PLAN, APPLY, CLEAR, REPORT, DIFF, PROBE, DEMO];
