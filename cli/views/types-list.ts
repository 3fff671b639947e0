// The types of a plan, by action. Pure: facts in, text out.
import { ACTION_NAMES, ACTIONS, type Action } from '../../lambda/domain/decision.ts';
import type { OwnSummary } from '../../lambda/domain/own-evidence/evidence.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { ownCell } from './evidence-view.ts';

/** What is shown of a decision; a cluster's result contains it too. */
export interface ListedType {
  readonly instanceType: string;
  readonly band: string | null;
  readonly savings: number | null;
  readonly action: Action;
  readonly reason: string;
  readonly own?: OwnSummary;
  readonly nodes?: number;
  readonly problem?: string;
}

export type Look = Pick<Terminal, 'width' | 'listedTypes' | 'isBrief' | 'style'>;

/** Whether an action is the usual state of a risky type, which need not be listed. */
const isSettled = (action: Action) =>
  ACTIONS[action].write === null && ACTIONS[action].isRisky && ACTIONS[action].keepsOff;

/** The actions whose types are listed: first what is written. */
export const LISTED: readonly Action[] = [
  ...ACTION_NAMES.filter((action) => ACTIONS[action].write !== null),
  ...ACTION_NAMES.filter((action) => ACTIONS[action].write === null && !isSettled(action)),
];

/** The sign before a type that is written. */
function signOf(action: Action): { sign: string; colour: 'green' | 'yellow' | 'red' | 'bold' } {
  if (action === 'renew') return { sign: '~', colour: 'yellow' };
  const { write } = ACTIONS[action];
  if (write === 'add') return { sign: '+', colour: 'green' };
  return write === 'remove' ? { sign: '-', colour: 'red' } : { sign: ' ', colour: 'bold' };
}

interface Column {
  readonly head: string;
  /** Whether it is aligned on the right. */
  readonly isNumber: boolean;
  /** Empty if there is nothing to show. */
  cell(type: ListedType): string;
}

const COLUMNS: readonly Column[] = [
  { head: 'Type', isNumber: false, cell: ({ instanceType }) => instanceType },
  { head: 'Band', isNumber: false, cell: ({ band }) => band ?? '' },
  { head: 'Saving', isNumber: true, cell: ({ savings }) => (savings === null ? '' : `${savings}%`) },
  { head: 'Own ratio', isNumber: true, cell: ({ own }) => (own === undefined ? '' : ownCell(own)) },
  { head: 'Nodes', isNumber: true, cell: ({ nodes }) => (nodes ? String(nodes) : '') },
];

/**
 * The order of display: types in use first, then those of families that the cluster's templates name, then the riskiest, and
 * of one band those that save the most, because they cost the most to avoid. (Decisions and writes stay in the plan's order,
 * in which these come last.)
 *
 * @param types riskiest first
 * @param named see `familiesNamedIn`
 */
export function inDisplayOrder<
  T extends Pick<ListedType, 'instanceType' | 'band' | 'savings'> & { readonly nodes?: number },
>(types: readonly T[], named: ReadonlySet<string>): T[] {
  // Own evidence can rank a type apart from its band, so a band is sorted only as far as it is in one piece.
  const pieces: T[][] = [];
  for (const type of types) {
    const last = pieces.at(-1);
    if (last !== undefined && last[0]?.band === type.band) last.push(type);
    else pieces.push([type]);
  }
  const isNamed = ({ instanceType }: T) =>
    Number(named.has(instanceType.split('.')[0] ?? '') || named.has(instanceType));
  return pieces
    .flatMap((piece) => piece.toSorted((a, b) => (b.savings ?? 0) - (a.savings ?? 0)))
    .toSorted((a, b) => (b.nodes ?? 0) - (a.nodes ?? 0) || isNamed(b) - isNamed(a));
}

/** @returns the families that the templates of these clusters name, and types that stand in place of one */
export function familiesNamedIn(
  clusters: readonly {
    readonly templates: readonly { readonly families?: readonly string[] }[] | null;
  }[],
): ReadonlySet<string> {
  const templates = clusters.flatMap((cluster) => cluster.templates ?? []);
  return new Set(templates.flatMap(({ families = [] }) => families));
}

/** With longer rows than this, a reason stands above its types, piped or not. */
const WIDEST_ROW = 160;

const GAP = '  ';
const INDENT = '    ';

/**
 * The types, by action. The reason is the last column, or a line above the types that share it: if all of an action do, or
 * if the column is too wide.
 *
 * @returns lines; none if no type is to be listed
 */
export function listTypes(
  decisions: readonly ListedType[],
  look: Look,
  named: ReadonlySet<string> = new Set(),
): string[] {
  const groups = LISTED.map((action) => {
    const types = decisions.filter((decision) => decision.action === action);
    const shown = inDisplayOrder(types, named).slice(0, look.listedTypes);
    const isOneReason = types.length > 1 && new Set(types.map(({ reason }) => reason)).size === 1;
    return { action, types, shown, isOneReason };
  }).filter(({ shown }) => shown.length > 0);
  const all = groups.flatMap(({ shown }) => shown);
  if (all.length === 0) return [];
  // A clearing run knows no bands, and not every run the nodes.
  const isConstant = ({ cell }: Column) => all.length > 1 && new Set(all.map(cell)).size === 1;
  const constant = COLUMNS.flatMap((column) => {
    const [first] = all.map(column.cell);
    return isConstant(column) && first ? [`${column.head.toLowerCase()} ${first}`] : [];
  });
  const columns = COLUMNS.filter(
    (column) => !isConstant(column) && all.some((type) => column.cell(type) !== ''),
  ).map((column) => ({
    ...column,
    width: Math.max(column.head.length, ...all.map((type) => column.cell(type).length)),
  }));
  const aligned = (textOf: (column: Column) => string) =>
    columns
      .map((column) => {
        const text = textOf(column);
        return column.isNumber ? text.padStart(column.width) : text.padEnd(column.width);
      })
      .join(GAP);
  const heads = aligned(({ head }) => head);
  const before = `${INDENT}+ ${heads}${GAP}`.length;
  const inline = groups.filter(({ isOneReason }) => !isOneReason).flatMap(({ shown }) => shown);
  const isWide =
    before + Math.max(0, ...inline.map(({ reason }) => reason.length)) <= Math.min(look.width, WIDEST_ROW);
  const rowOf = (type: ListedType, hasReason: boolean) => {
    const { sign, colour } = signOf(type.action);
    const row = `${INDENT}${sign === ' ' ? sign : look.style(colour, sign)} ${aligned(({ cell }) => cell(type))}`;
    return hasReason ? `${row}${GAP}${type.reason}` : row.trimEnd();
  };
  const rowsOf = ({ shown, isOneReason }: (typeof groups)[number]) =>
    isWide && !isOneReason
      ? shown.map((type) => rowOf(type, true))
      : [...Map.groupBy(shown, ({ reason }) => reason)].flatMap(([reason, those]) => [
          `${INDENT}${reason}:`,
          ...those.map((type) => rowOf(type, false)),
        ]);
  return [
    ...(constant.length > 0 ? [`  all of ${constant.join(', ')}`] : []),
    look.style('bold', `${INDENT}  ${heads}${isWide && inline.length > 0 ? `${GAP}Why` : ''}`),
    ...groups.flatMap((group) => {
      const { action, types, shown } = group;
      return [
        `  ${look.style(signOf(action).colour, `${action} ${types.length}`)}: ${ACTIONS[action].words}`,
        ...rowsOf(group),
        ...(shown.length < types.length ? [`${INDENT}… and ${types.length - shown.length} more`] : []),
      ];
    }),
    ...(groups.some(({ types, shown }) => shown.length < types.length)
      ? ['  --format csv lists all types, --report shows them as a page']
      : []),
  ];
}
