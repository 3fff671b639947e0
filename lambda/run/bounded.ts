/**
 * Processes every item, at most `limit` of them at once.
 *
 * @returns the outcomes, in the order of the items
 * @throws the first error that one of them throws
 */
export async function bounded<T, Outcome>(
  items: readonly T[],
  limit: number,
  each: (item: T) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) outcomes[index] = await each(item);
  };
  await Promise.all(Array.from({ length: limit }, work));
  return outcomes;
}
