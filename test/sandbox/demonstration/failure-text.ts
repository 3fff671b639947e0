import type { FunctionErrorPayload } from '../../../cli/sandbox/function/function-messages.ts';
import type { StartOptions } from './start-options.ts';

/**
 * Returns the function's error in one line. The function speaks of its variables; what was typed here were options,
 * so those that are meant are named at the end, such as `(here: --threshold abc)`.
 */
export function failureText(
  { errorType, errorMessage }: FunctionErrorPayload,
  options: StartOptions,
): string {
  const meant = optionsMeant(errorType, errorMessage, options);
  const hint = meant.length > 0 ? ` (here: ${meant.join(' ')})` : '';
  const isFeedOfAws = options.live && errorType === 'FeedError' && meant.length === 0;
  const advice = isFeedOfAws ? ' Leave out --live to use the stored feed.' : '';
  return `${errorType}: ${errorMessage}${hint}${advice}`;
}

function optionsMeant(errorType: string, message: string, options: StartOptions): string[] {
  const { region, os, threshold, feedFile } = options;
  const speaksOf = (variable: string) => new RegExp(`(?<!")\\b${variable}\\b`).test(message);
  switch (errorType) {
    case 'SettingsError':
      return [
        ...(speaksOf('REGION') ? [`--region ${region}`] : []),
        ...(speaksOf('OS') ? [`--os ${os}`] : []),
        ...(speaksOf('INTERRUPTION_THRESHOLD') ? [`--threshold ${threshold}`] : []),
      ];
    case 'FeedError':
      // A payload may have asked for another region or OS; then the option is not to blame.
      if (speaksOf('REGION'))
        return message.includes(` called ${region.trim().toLowerCase()},`) ? [`--region ${region}`] : [];
      if (speaksOf('OS')) return message.includes(` called ${os.trim()},`) ? [`--os ${os}`] : [];
      return feedFile === undefined ? [] : [`--feed ${feedFile}`];
    default:
      return [];
  }
}
