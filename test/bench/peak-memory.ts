import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * @returns the most memory that this process has had, in bytes. On Linux the kernel's mark for this very program:
 *   getrusage() starts at what the parent process had.
 */
export function peakMemory(): number {
  const kilobytes = existsSync(STATUS)
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1]
    : undefined;
  return Number(kilobytes ?? process.resourceUsage().maxRSS) * 1024;
}
