import { FeedError, SettingsError, type SpotBlacklistError, toSafeError } from '../lambda/domain/errors.ts';
import { plainText } from '../lambda/input/plain-text.ts';
import type { RunPorts } from '../lambda/run/ports.ts';
import { readFeed } from '../lambda/spot-advisor/feed.ts';

/**
 * Takes the feed from a file, for a plan without network.
 *
 * @param readFile reads the file's text; it throws with a message for the user
 * @returns the run's port; it throws {SettingsError} if the file cannot be read, and {FeedError} if it is no feed
 */
export function savedFeed(
  file: string,
  readFile: (file: string) => Promise<{ readonly body: Buffer }>,
): RunPorts['fetchFeed'] {
  return async () => {
    const { body } = await readFile(file).catch((error: Error) => {
      throw new SettingsError(`${plainText(error.message)} Name another file, or leave out --feed.`);
    });
    try {
      // Without its date: the user knows that a saved feed is old.
      return readFeed(body.toString(), { etag: null, lastModified: null });
    } catch (error) {
      throw namingFile(toSafeError(error));
    }
  };
}

/** @returns the error with a hint: those of the feed name the variable with its address, but a flag chose the file */
export function namingFile(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_MALFORMED') return error;
  return new FeedError('FEED_MALFORMED', `${error.message} Here it is the file that --feed names.`);
}

/** @returns the error with what works without the feed's address, if that cannot be reached */
export function namingOffline(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_UNREACHABLE') return error;
  return new FeedError('FEED_UNREACHABLE', `${error.message} Offline: spot-blacklist plan --feed <file>`);
}
