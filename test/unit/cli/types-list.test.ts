import { expect, test } from 'vitest';
import {
  familiesNamedIn,
  inDisplayOrder,
  LISTED,
  type ListedType,
  type Look,
  listTypes,
} from '../../../cli/views/types-list.ts';
import { ACTION_NAMES, type Action } from '../../../lambda/domain/decision.ts';

const PIPED: Look = {
  width: Number.POSITIVE_INFINITY,
  listedTypes: Number.POSITIVE_INFINITY,
  style: (_, text) => text,
};
const ABOVE = "AWS's band is >20%, above the tolerated 20%";

function type(instanceType: string, action: Action, more: Partial<ListedType> = {}): ListedType {
  return { instanceType, action, band: '>20%', savings: 60, reason: ABOVE, ...more };
}

const ALL = ACTION_NAMES.map((action, index) => type(`c${index + 3}.large`, action));

test('types that are written come first, and unchanged ones are not listed', () => {
  expect(LISTED).toEqual(['add', 'renew', 'release', 'remove', 'spare', 'lapse']);
  const headings = listTypes(ALL, PIPED).filter((line) => /^ {2}\w+ \d/.test(line));
  expect(headings).toEqual([
    '  add 1: to be blacklisted',
    '  renew 1: its time is extended',
    '  release 1: its entry is to be removed',
    '  remove 1: its entry is to be cleared',
    '  spare 1: risky, but kept available',
    '  lapse 1: its entry expires by itself',
  ]);
  expect(listTypes(ALL, PIPED).join('\n')).not.toMatch(/keep|covered/);
});

test('the sign of each line shows whether it is written', () => {
  const rows = listTypes(ALL, PIPED).filter((line) => line.includes('.large'));
  expect(rows.map((row) => row.slice(0, 7))).toEqual([
    '    + c',
    '    ~ c',
    '    - c',
    '    - c',
    '      c',
    '      c',
  ]);
});

test('without a terminal, all types are listed, each with its reason', () => {
  const reason = (index: number) => `reason ${index}`;
  const many = Array.from({ length: 300 }, (_, index) =>
    type(`m${index}.large`, 'add', { reason: reason(index) }),
  );
  const rows = listTypes(many, PIPED).filter((line) => / reason \d+$/.test(line));
  expect(rows).toHaveLength(300);
});

test('a reason that all types of an action share is said once, above them', () => {
  const lines = listTypes([type('m5.large', 'add'), type('m6i.large', 'add')], PIPED);
  expect(lines.filter((line) => line.includes(ABOVE))).toEqual([`    ${ABOVE}:`]);
});

test('what all types share is said once, in place of a column', () => {
  const [common, heads] = listTypes(
    [type('m5.large', 'add'), type('m6i.large', 'add', { savings: 50 })],
    PIPED,
  );
  expect([common, heads]).toEqual(['  all of band >20%', '      Type       Saving']);
});

test('types in use come first, then the riskiest band, and in a band the highest saving', () => {
  const types = [
    type('a1.large', 'add', { savings: 1 }),
    type('p3.large', 'add', { savings: 88 }),
    type('c5.large', 'add', { savings: 50, band: '15-20%' }),
    type('m5.large', 'add', { savings: 60, band: '15-20%' }),
    type('r5.large', 'add', { savings: 10, band: '15-20%', nodes: 2 }),
  ];
  const rows = listTypes(types, PIPED).filter((line) => line.includes('+'));
  expect(rows.map((line) => line.split(/ +/)[2])).toEqual([
    'r5.large',
    'p3.large',
    'a1.large',
    'm5.large',
    'c5.large',
  ]);
});

test('types of families that a template names come right after those in use', () => {
  const types = [
    type('p3.large', 'add', { savings: 88 }),
    type('r7i.large', 'add', { savings: 10 }),
    type('r7iz.large', 'add', { savings: 20 }),
    type('m5.large', 'add', { savings: 60, band: '15-20%', nodes: 2 }),
    type('g5.xlarge', 'add', { savings: 5, band: '15-20%' }),
    type('g5.large', 'add', { savings: 6, band: '15-20%' }),
  ];
  const templates = [{ families: ['r7i'] }, { families: ['g5.large'] }, {}];
  const named = familiesNamedIn([{ templates }, { templates: null }]);
  expect(inDisplayOrder(types, named).map(({ instanceType }) => instanceType)).toEqual([
    'm5.large',
    'r7i.large',
    'g5.large',
    'p3.large',
    'r7iz.large',
    'g5.xlarge',
  ]);
});

test('a short list names the types in use first, and counts the others', () => {
  const types = [type('a1.large', 'add'), type('m5.large', 'add', { nodes: 3 }), type('c5.large', 'add')];
  const lines = listTypes(types, { ...PIPED, listedTypes: 2 });
  expect(lines.filter((line) => line.includes('+')).map((line) => line.split(/ +/)[2])).toEqual([
    'm5.large',
    'a1.large',
  ]);
  expect(lines).toContain('    … and 1 more');
  expect(lines.at(-1)).toContain('--format csv lists all types');
});

test.each([60, 72])(
  'at %i columns, a reason stands above the types that share it, and no row is wider',
  (width) => {
    const types = [
      type('u7inh-32tb.480xlarge', 'add', { nodes: 1234 }),
      type('m7g.large', 'spare', { reason: 'on the never list (m7g.*)' }),
      type('m7g.xlarge', 'spare', { reason: 'on the never list (m7g.*)' }),
    ];
    const lines = listTypes(types, { ...PIPED, width });
    expect(lines).toContain(`    ${ABOVE}:`);
    expect(lines.filter((line) => line.includes('never list'))).toEqual(['    on the never list (m7g.*):']);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  },
);

test('an empty list has no lines, not even a heading', () => {
  expect(listTypes([type('m5.large', 'keep')], PIPED)).toEqual([]);
  expect(listTypes(ALL, { ...PIPED, listedTypes: 0 })).toEqual([]);
});
