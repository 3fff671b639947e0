// The table of docs/decisions.md: how much own evidence it takes.
import type { Verdict } from '../../lambda/domain/own-evidence/evidence.ts';
import { verdictOn } from '../../lambda/domain/own-evidence/verdict.ts';
import { markdownTable } from './markdown-table.ts';

const PLACE = /(?<=<!-- npm run docs: evidence -->\n\n).*?(?=<!-- end -->)/s;
const RATIOS = [1.5, 2, 3];
/** How many interruptions a type's hours let expect by the others' rate. */
const EXPECTED = [0.5, 1, 2, 5, 10, 20, 50];
/** The others have so many interruptions, in as many hours. */
const OTHERS = 10_000;

/**
 * @param document the text of docs/decisions.md
 * @throws {Error} if it has no place for the table
 */
export function withEvidenceTable(document: string): string {
  if (!PLACE.test(document)) throw new Error('docs/decisions.md has no place for its table.');
  return document.replace(PLACE, () => `${table().join('\n')}\n`);
}

function table(): string[] {
  const heads = RATIOS.flatMap((ratio) => [`ratio ${ratio}: risky from`, `ratio ${ratio}: calm up to`]);
  const rows = EXPECTED.map((expected) => [
    String(expected),
    ...RATIOS.flatMap((ratio) => [
      String(firstThat(expected, ratio, (verdict) => verdict === 'risky')),
      String(firstThat(expected, ratio, (verdict) => verdict !== 'calm') - 1).replace('-1', '–'),
    ]),
  ]);
  return markdownTable(['expected', ...heads], rows);
}

/** @returns the fewest interruptions with such a verdict; with more of them, a verdict only gets riskier */
function firstThat(expected: number, ratio: number, fits: (verdict: Verdict) => boolean): number {
  const others = { hours: OTHERS, interruptions: OTHERS, machines: OTHERS };
  const comparison = { others, dispersion: 1, machineDispersion: 1, daysInterrupted: 2, days: 14 };
  for (let count = 0; ; count += 1) {
    const figures = { hours: expected, interruptions: count, machines: count };
    if (fits(verdictOn(figures, comparison, ratio))) return count;
  }
}
