import { noFigures } from '../lambda/aws/capacity-manager-problems.ts';
import { lastDays } from '../lambda/aws/metric-points.ts';
import { Tally } from '../lambda/aws/metric-tally.ts';
import { SettingsError } from '../lambda/domain/errors.ts';
import { isRecord, parsedJson } from '../lambda/input/json.ts';
import { plainText } from '../lambda/input/plain-text.ts';
import type { RunPorts } from '../lambda/run/ports.ts';
import { readTextFile, type TextFileError } from './text-file.ts';

/**
 * Reads the account's own figures from what `aws ec2 get-capacity-manager-metric-data` printed.
 *
 * @returns them in place of AWS
 * @throws {SettingsError} if the file cannot be read, or is something else
 */
export async function evidenceFrom(file: string): Promise<RunPorts['readOwnFigures']> {
  const text = await readTextFile(file).catch(({ message }: TextFileError) => {
    throw new SettingsError(
      `${plainText(file)} ${message}, so nothing was done. Name a file with own evidence.`,
    );
  });
  const points = pointsIn(parsedJson(text));
  if (points === null)
    throw new SettingsError(
      `${plainText(file)} has no MetricDataResults, so nothing was done. Name a file with the output of: aws ec2 get-capacity-manager-metric-data`,
    );
  return async ({ regions, os, days, now }) => {
    const asked = { regions, os, ...lastDays(days, now) };
    const tally = new Tally(asked);
    tally.addTotals(points);
    return tally.reading(`${noFigures('The file', asked)} Fetch it again for these days.`);
  };
}

function pointsIn(document: unknown): readonly unknown[] | null {
  const points = isRecord(document) ? document['MetricDataResults'] : null;
  return Array.isArray(points) ? points : null;
}
