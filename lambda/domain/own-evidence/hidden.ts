import type { Template } from '../instance-types/template.ts';

/**
 * CAST AI's interruption prediction drains nodes before AWS takes them: their hours are counted, their interruptions are not.
 *
 * @param templates the Spot templates of each cluster; null where they are unknown
 * @returns why own interruptions may be missing, in words; null if they are not
 */
export function whyHiddenBy(templates: readonly (readonly Template[] | null)[]): string | null {
  const predicting = templates
    .flatMap((ofCluster) => ofCluster ?? [])
    .find((one) => one.predictsInterruptions);
  if (predicting !== undefined)
    return `CAST AI's interruption prediction (spotInterruptionPredictionsEnabled of the node template ${predicting.name}) drains nodes before AWS takes them`;
  return templates.includes(null)
    ? "the node templates of a cluster are unknown, and CAST AI's interruption prediction may drain nodes before AWS takes them"
    : null;
}
