const DAY = 24 * 3_600_000;

/** AWS normally publishes a new feed within a few days. */
const MOST_DAYS = 7;

/**
 * @param lastModified when the feed was published (milliseconds since 1970); null where that is unknown
 * @param now milliseconds since 1970
 * @returns a warning if the feed is so old that its figures may no longer be true; otherwise nothing
 */
export function warnOfOldFeed(lastModified: number | null, now: number): string[] {
  if (lastModified === null || now - lastModified <= MOST_DAYS * DAY) return [];
  const date = new Date(lastModified).toISOString().slice(0, 10);
  const days = Math.floor((now - lastModified) / DAY);
  return [
    `The Spot Advisor feed was last published on ${date}, ${days} days ago, so this run decided by old figures. Check SPOT_ADVISOR_URL; if it is AWS's own address, wait for AWS.`,
  ];
}
