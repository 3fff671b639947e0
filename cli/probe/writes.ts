import { MINUTE, SECOND } from '../../lambda/domain/words.ts';
import { isRecord } from '../../lambda/input/json.ts';
import type { Clock, EntryUnderTest } from './entry-under-test.ts';
import { type Finding, finding, LONG_REASON, unanswered } from './questions.ts';
import type { RawAnswer } from './raw-api.ts';

const SHORT = 30 * MINUTE;
const LONG = 58 * MINUTE;
/** The lifetime of the entry whose expiry is awaited: longer than clocks should differ. */
const SOON = 15 * SECOND;
/** In characters: the length of this project's longest reasons. */
const USUAL_REASON = 200;

/** The questions about adding, all with the one entry, which exists afterwards. */
export async function askAboutAdding(entry: EntryUnderTest): Promise<Finding[]> {
  const { answer, expiresAt, reason } = await entry.add(SHORT, USUAL_REASON);
  const { status } = answer;
  if (status >= 300) return [refused(answer)];
  const { entries, isShown, after } = await entry.listedUntil((listed) => listed.length > 0);
  const [shown] = entries;
  if (shown === undefined || !isShown) return [finding('add', 'no', { status, listed: false })];
  const seconds = Math.round(after / SECOND);
  const facts = { status, listed: true, seconds };
  const when = after < SECOND ? 'At once' : `After ${seconds} s`;
  return [
    finding('add', after < 3 * SECOND ? 'soon' : 'late', facts, when),
    aboutLifecycle(shown),
    aboutReason(shown, reason),
    aboutExpiry(shown, expiresAt),
  ];
}

function refused({ status, shape }: RawAnswer): Finding {
  const outcome = status === 403 ? 'forbidden' : 'refused';
  return finding('add', outcome, { status, listed: false, shape }, `${status} ${shape ?? ''}`.trim());
}

function aboutLifecycle({ lifecycle }: Record<string, unknown>): Finding {
  const kept = lifecycle === 'spot';
  return finding('lifecycle', kept ? 'yes' : 'no', { kept });
}

function aboutReason({ reason: shown }: Record<string, unknown>, asked: string): Finding {
  const text = typeof shown === 'string' ? shown : '';
  const outcome =
    text === asked ? 'kept' : text === '' ? 'dropped' : asked.startsWith(text) ? 'truncated' : 'altered';
  const found = {
    kept: 'Yes, as it was written',
    dropped: 'No',
    truncated: `Cut to ${text.length} characters`,
    altered: 'Changed',
  }[outcome];
  const isMarked = text.startsWith(asked.slice(0, 24));
  return finding('reason', isMarked ? 'marked' : 'unmarked', { outcome, characters: text.length }, found);
}

function aboutExpiry({ expiresAt: shown }: Record<string, unknown>, asked: number): Finding {
  const time = typeof shown === 'string' ? Date.parse(shown) : Number.NaN;
  if (Number.isNaN(time)) return finding('expiry', 'dropped', { outcome: 'dropped', seconds: null });
  const seconds = Math.round(Math.abs(time - asked) / SECOND);
  const outcome = time === asked ? 'kept' : seconds <= 60 ? 'rounded' : 'changed';
  const unit = time % MINUTE === 0 ? ' to whole minutes' : time % SECOND === 0 ? ' to whole seconds' : '';
  const words = outcome === 'rounded' ? unit : Math.round(seconds / 60);
  return finding('expiry', outcome, { outcome, seconds }, words);
}

/** What adding an existing entry again does. */
export async function askAboutAddingAgain(entry: EntryUnderTest): Promise<Finding> {
  const before = await entry.listed();
  const { answer } = await entry.add(LONG, USUAL_REASON);
  const { status, shape } = answer;
  const times = (entries: readonly Record<string, unknown>[]) =>
    entries.map(({ expiresAt }) => expiresAt).join();
  const { entries } = await entry.listedUntil((listed) => times(listed) !== times(before));
  const outcome =
    status >= 300
      ? 'refused'
      : entries.length > before.length
        ? 'duplicated'
        : times(entries) === times(before)
          ? 'ignored'
          : 'extended';
  return finding('add-again', outcome, { outcome, status, shape }, status);
}

export async function askAboutLongReasons(entry: EntryUnderTest): Promise<Finding> {
  await entry.removeForGood();
  const { answer } = await entry.add(SHORT, LONG_REASON);
  const { status, shape } = answer;
  if (status >= 300) return finding('long-reason', 'refused', { status, shape }, status);
  const { entries } = await entry.listedUntil((listed) => listed.length > 0);
  const [shown] = entries;
  const characters = typeof shown?.['reason'] === 'string' ? shown['reason'].length : 0;
  if (characters === 0) return unanswered('long-reason', 'reasons are not returned');
  const outcome = characters >= LONG_REASON ? 'yes' : characters >= USUAL_REASON ? 'cut' : 'short';
  return finding('long-reason', outcome, { characters }, characters);
}

/** @param isSeen whether the list had expired entries before */
export async function askAboutExpired(
  entry: EntryUnderTest,
  clock: Clock,
  isSeen: boolean | null,
): Promise<Finding[]> {
  await entry.removeForGood();
  const { answer, expiresAt } = await entry.add(SOON, USUAL_REASON);
  if (answer.status >= 300)
    return isSeen === true
      ? [finding('expired', 'yes', { listed: true })]
      : [unanswered('expired', `so short an expiry is refused (${answer.status})`)];
  await clock.wait(Math.max(0, expiresAt - clock.now()) + 2 * SECOND);
  const listed = (await entry.listed()).length > 0 || isSeen === true;
  const { status } = (await entry.add(SHORT, USUAL_REASON)).answer;
  const blocked = status >= 300;
  return [
    finding('expired', listed ? 'yes' : 'no', { listed }),
    finding('add-expired', blocked ? 'no' : 'yes', { blocked, status }, status),
  ];
}

/** An expiry in the past: nothing is blacklisted, even if it is accepted. */
export async function askForRefusal(entry: EntryUnderTest): Promise<Finding> {
  await entry.removeForGood();
  const { answer } = await entry.add(-MINUTE, USUAL_REASON);
  const { status, shape } = answer;
  const isRefused = status >= 300;
  const found = isRefused ? `${status} ${shape ?? 'without a body'}` : 'An expiry in the past is accepted';
  const outcome = isRefused && shape?.includes('fieldViolations') ? 'named' : 'unnamed';
  return finding('refusal', outcome, { status, shape }, found);
}

export async function askAboutRemoving(entry: EntryUnderTest): Promise<Finding> {
  const { answer } = await entry.add(SHORT, USUAL_REASON);
  if (answer.status >= 300) return unanswered('remove', `adding it is refused (${answer.status})`);
  const gone = await entry.removeForGood();
  const { status: again, body } = await entry.remove();
  return finding('remove', gone ? 'yes' : 'no', { gone, again, answersObject: isRecord(body) });
}
