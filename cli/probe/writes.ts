import { isRecord } from '../../lambda/input/json.ts';
import type { Clock, EntryUnderTest } from './entry-under-test.ts';
import type { RawAnswer } from './raw-api.ts';
import { type Finding, unanswered } from './reads.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SHORT = 30 * MINUTE;
const LONG = 58 * MINUTE;
/** Until an entry of the probe expires while it waits: longer than clocks should differ. */
const SOON = 15 * SECOND;
/** Characters: what this project's longest reasons have, and far more. */
const USUAL_REASON = 200;
const LONG_REASON = 1_000;

/** The questions about adding; each is asked with the one entry, which is there afterwards. */
export async function askAboutAdding(entry: EntryUnderTest): Promise<Finding[]> {
  const { answer, expiresAt, reason } = await entry.add(SHORT, USUAL_REASON);
  if (answer.status >= 300) return [refused(answer)];
  const { entries, isShown, after } = await entry.listedUntil((listed) => listed.length > 0);
  const [shown] = entries;
  if (shown === undefined || !isShown) {
    return [
      {
        ...{ id: 'add', question: 'Is an entry listed after it was added' },
        found: 'Not within five seconds',
        means: 'Writes cannot be verified: every run would end as incomplete',
        facts: { status: answer.status, listed: false },
      },
    ];
  }
  return [
    {
      ...{ id: 'add', question: 'Is an entry listed after it was added' },
      found: after < SECOND ? 'At once' : `After ${Math.round(after / SECOND)} s`,
      means:
        after < 3 * SECOND ? 'Writes are verified in the same run' : 'Writes may count as failed at first',
      facts: { status: answer.status, listed: true, seconds: Math.round(after / SECOND) },
    },
    aboutLifecycle(shown),
    aboutReason(shown, reason),
    aboutExpiry(shown, expiresAt),
  ];
}

function refused({ status, shape }: RawAnswer): Finding {
  return {
    ...{ id: 'add', question: 'Is an entry listed after it was added' },
    found: `Adding is refused (${status} ${shape ?? ''})`.replace(' )', ')'),
    means:
      status === 403
        ? "The key's owner needs a role above Viewer"
        : 'Report this: nothing can be blacklisted',
    facts: { status, listed: false, shape },
  };
}

function aboutLifecycle({ lifecycle }: Record<string, unknown>): Finding {
  const isSpot = lifecycle === 'spot';
  return {
    ...{ id: 'lifecycle', question: 'Is the lifecycle kept' },
    found: isSpot ? 'Yes, spot' : 'No',
    means: isSpot
      ? 'On-demand machines are not affected'
      : 'Do not go live: on-demand machines may be affected',
    facts: { kept: isSpot },
  };
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
  return {
    ...{ id: 'reason', question: 'Is the reason returned' },
    found,
    means: isMarked
      ? 'Own entries are recognised, renewed and cleared'
      : "Own entries look like another owner's: they are never renewed early or removed, and expire by themselves",
    facts: { outcome, characters: text.length },
  };
}

function aboutExpiry({ expiresAt: shown }: Record<string, unknown>, asked: number): Finding {
  const time = typeof shown === 'string' ? Date.parse(shown) : Number.NaN;
  const off = Math.round(Math.abs(time - asked) / SECOND);
  const outcome = Number.isNaN(time)
    ? 'dropped'
    : time === asked
      ? 'kept'
      : off <= 60
        ? 'rounded'
        : 'changed';
  const found = {
    kept: 'Yes, to the millisecond',
    rounded: `Rounded${time % MINUTE === 0 ? ' to whole minutes' : time % SECOND === 0 ? ' to whole seconds' : ''}`,
    changed: `Changed by ${Math.round(off / 60)} minutes`,
    dropped: 'No: the entry has no expiry',
  }[outcome];
  return {
    ...{ id: 'expiry', question: 'Is the expiry kept' },
    found,
    means:
      outcome === 'dropped'
        ? 'Do not go live: entries would outlive this project'
        : outcome === 'changed'
          ? 'Compare BLACKLIST_HOURS with what a run reports'
          : 'CAST AI keeps the time; whether an entry ends then is another question',
    facts: { outcome, seconds: Number.isNaN(time) ? null : off },
  };
}

/** What adding an existing entry again does. */
export async function askAboutAddingAgain(entry: EntryUnderTest): Promise<Finding> {
  const before = await entry.listed();
  const { answer } = await entry.add(LONG, USUAL_REASON);
  const times = (entries: readonly Record<string, unknown>[]) =>
    entries.map(({ expiresAt }) => expiresAt).join();
  const { entries } = await entry.listedUntil((listed) => times(listed) !== times(before));
  const outcome =
    answer.status >= 300
      ? 'refused'
      : entries.length > before.length
        ? 'duplicated'
        : times(entries) === times(before)
          ? 'ignored'
          : 'extended';
  const meanings = {
    extended: ['It extends the entry', 'Renewing takes one write'],
    ignored: ['Nothing', 'Renewing removes and adds: the type is uncovered for a moment'],
    duplicated: ['It makes a second entry', 'Renewing works; both are removed together'],
    refused: [
      `It is refused (${answer.status})`,
      'Renewing removes and adds: the type is uncovered for a moment',
    ],
  } as const;
  const [found, means] = meanings[outcome];
  return {
    ...{ id: 'add-again', question: 'What does adding an entry again do' },
    ...{ found, means, facts: { outcome, status: answer.status, shape: answer.shape } },
  };
}

export async function askAboutLongReasons(entry: EntryUnderTest): Promise<Finding> {
  const id = 'long-reason';
  const question = `May a reason have ${LONG_REASON} characters`;
  await entry.removeForGood();
  const { answer } = await entry.add(SHORT, LONG_REASON);
  if (answer.status >= 300) {
    const means = "This project's reasons are shorter, so they fit";
    return {
      id,
      question,
      found: `No (${answer.status})`,
      means,
      facts: { status: answer.status, shape: answer.shape },
    };
  }
  const { entries } = await entry.listedUntil((listed) => listed.length > 0);
  const [shown] = entries;
  const length = typeof shown?.['reason'] === 'string' ? shown['reason'].length : 0;
  if (length === 0) return unanswered(id, question, 'reasons are not returned');
  return {
    ...{ id, question },
    found: length >= LONG_REASON ? 'Yes' : `It is cut to ${length}`,
    means:
      length >= USUAL_REASON
        ? "This project's reasons fit"
        : 'Reasons are cut: check that own entries are recognised',
    facts: { characters: length },
  };
}

/** @param isSeen whether the list had expired entries before */
export async function askAboutExpired(
  entry: EntryUnderTest,
  clock: Clock,
  isSeen: boolean | null,
): Promise<Finding[]> {
  await entry.removeForGood();
  const { answer, expiresAt } = await entry.add(SOON, USUAL_REASON);
  const id = 'expired';
  const question = 'Are expired entries listed';
  if (answer.status >= 300) {
    if (isSeen === true) return [expiredFound(true)];
    return [unanswered(id, question, `so short an expiry is refused (${answer.status})`)];
  }
  await clock.wait(Math.max(0, expiresAt - clock.now()) + 2 * SECOND);
  const isListed = (await entry.listed()).length > 0;
  const again = await entry.add(SHORT, USUAL_REASON);
  const isBlocked = again.answer.status >= 300;
  return [
    expiredFound(isListed || isSeen === true),
    {
      ...{ id: 'add-expired', question: 'Can an expired entry be added again' },
      found: isBlocked ? `Not before it is removed (${again.answer.status})` : 'Yes',
      means: isBlocked ? 'A run removes it first' : 'Adding takes one write',
      facts: { blocked: isBlocked, status: again.answer.status },
    },
  ];
}

function expiredFound(isListed: boolean): Finding {
  return {
    ...{ id: 'expired', question: 'Are expired entries listed' },
    found: isListed ? 'Yes' : 'No',
    means: isListed ? 'They count as expired all the same' : 'The list holds what is in force',
    facts: { listed: isListed },
  };
}

/** An expiry in the past: nothing is blacklisted, even if it is accepted. */
export async function askForRefusal(entry: EntryUnderTest): Promise<Finding> {
  await entry.removeForGood();
  const { answer } = await entry.add(-MINUTE, USUAL_REASON);
  const isRefused = answer.status >= 300;
  return {
    ...{ id: 'refusal', question: 'What does a refusal look like' },
    found: isRefused
      ? `${answer.status} ${answer.shape ?? 'without a body'}`
      : 'An expiry in the past is accepted',
    means:
      isRefused && answer.shape?.includes('fieldViolations')
        ? 'Errors name the fields'
        : 'Errors name the status only',
    facts: { status: answer.status, shape: answer.shape },
  };
}

export async function askAboutRemoving(entry: EntryUnderTest): Promise<Finding> {
  const id = 'remove';
  const question = 'Is an entry gone after it was removed';
  const { answer } = await entry.add(SHORT, USUAL_REASON);
  if (answer.status >= 300) return unanswered(id, question, `adding it is refused (${answer.status})`);
  const isGone = await entry.removeForGood();
  const again = await entry.remove();
  return {
    ...{ id, question },
    found: isGone ? 'Yes' : 'Not within five seconds',
    means: isGone ? 'A rollback takes effect at once' : 'Check the console before you rely on a rollback',
    facts: { gone: isGone, again: again.status, answersObject: isRecord(again.body) },
  };
}
