// The table of docs/decisions.md: how much own evidence it takes.
import type { Verdict } from '../../lambda/domain/own-evidence/evidence.ts';
import { verdictOn } from '../../lambda/domain/own-evidence/verdict.ts';
import { markdownTable } from './markdown-table.ts';

const PLACE = /(?<=<!-- npm run docs: evidence -->\n\n).*?(?=<!-- end -->)/s;
const THRESHOLDS = [5, 10, 20];
const INTERRUPTIONS = [0, 1, 2, 4, 10];

/**
 * @param document the text of docs/decisions.md
 * @throws {Error} if it has no place for the table
 */
export function withEvidenceTable(document: string): string {
  if (!PLACE.test(document)) throw new Error('docs/decisions.md has no place for its table.');
  return document.replace(PLACE, () => `${table().join('\n')}\n`);
}

function table(): string[] {
  const heads = THRESHOLDS.flatMap((threshold) => [
    `threshold ${threshold}: risky up to`,
    `threshold ${threshold}: calm from`,
  ]);
  const rows = INTERRUPTIONS.map((interruptions) => [
    String(interruptions),
    ...THRESHOLDS.flatMap((threshold) => [
      interruptions < 2 ? '–' : hours(lastWith(interruptions, threshold, (verdict) => verdict === 'risky')),
      hours(lastWith(interruptions, threshold, (verdict) => verdict !== 'calm') + 1),
    ]),
  ]);
  return markdownTable(['interruptions', ...heads], rows);
}

/** @returns the most whole machine-hours with such a verdict; with more hours, a verdict only gets calmer */
function lastWith(interruptions: number, threshold: number, fits: (verdict: Verdict) => boolean): number {
  const isLonger = (hours: number) =>
    fits(verdictOn({ hours, interruptions, machines: interruptions }, threshold));
  let [low, high] = [1, 2 ** 30];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isLonger(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function hours(value: number): string {
  return `${value.toLocaleString('en-US')} h`;
}
