import { withoutKeys } from '../lambda/input/api-key.ts';

/** A construct cannot be created from its props. The message names every problem, one per line. */
export class UnusablePropsError extends Error {
  /**
   * @param what the construct, by its path
   * @param problems one sentence each
   */
  constructor(what: string, problems: readonly string[]) {
    super(
      // A value could be an API key in the wrong place.
      [`${what} cannot be used:`, ...problems.map((problem) => `  - ${withoutKeys(problem)}`)].join('\n'),
    );
    this.name = 'UnusablePropsError';
  }
}
