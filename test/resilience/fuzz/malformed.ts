// Documents that outsiders could send: the right one, changed in a few places, mostly so that it nearly fits.
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** For a key, or `outer.key`, values that fit or nearly fit: tried more often than what does not fit at all. */
export type NearValues = Readonly<Record<string, readonly Json[]>>;

const WAYS = ['put', 'disguise', 'drop', 'double', 'rename', 'extra'] as const;
type Step = string | number;

/** What changes, and where, by numbers, so that a counterexample shrinks whatever the document is. */
interface Change {
  /** Mostly the leaves: whatever holds them is altered often enough by the way. */
  readonly isLeaf: boolean;
  readonly place: number;
  readonly way: (typeof WAYS)[number];
  /** Whether what is put is a near value, where there is one. */
  readonly isNear: boolean;
  /** Which near value, which disguise, or which new name. */
  readonly choice: number;
  readonly surprise: Json;
}

const SURPRISES: readonly Json[] = [null, true, -1, 4.5, 1e308, '', '>20%', [], {}, [[]], { r: 4 }];
/** Keys that every object inherits something under are the ones that careless code falls for. */
const EXTRA_KEYS = ['__proto__', 'constructor', 'toString', 'extra', ''];

const oftenTrue = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });

/** Small numbers are no likelier than others: they only say which. */
const WHICH = fc.noBias(fc.nat());

const CHANGE = fc.record<Change>({
  isLeaf: oftenTrue(4),
  place: WHICH,
  way: fc.oneof(
    { weight: 2, arbitrary: fc.constant('put' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...WAYS) },
  ),
  isNear: oftenTrue(4),
  choice: WHICH,
  surprise: fc.oneof(fc.constantFrom(...SURPRISES), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>),
});

/** The text of a document with up to three changes; sometimes it is cut off, and sometimes no document at all. */
export function textOf(documents: fc.Arbitrary<Json>, near: NearValues = {}): fc.Arbitrary<string> {
  const altered = fc
    .tuple(documents, fc.array(CHANGE, { maxLength: 3 }))
    // Through JSON, which keeps an own `__proto__`.
    .map(([document, changes]) =>
      changes.reduce((node, change) => alter(node, change, near), copyOf(document)),
    );
  const texts = altered.map((document) => JSON.stringify(document));
  return fc.oneof(
    { weight: 20, arbitrary: texts },
    { weight: 1, arbitrary: fc.tuple(texts, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)) },
    // JSON.stringify never writes it, and it is read as Infinity.
    { weight: 1, arbitrary: fc.tuple(texts, fc.nat()).map(([text, which]) => withInfinity(text, which)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
}

function withInfinity(text: string, which: number): string {
  const numbers = [...text.matchAll(/(?<=[:,[])\d+/g)];
  const number = numbers[which % numbers.length];
  if (number === undefined) return text;
  return `${text.slice(0, number.index)}1e999${text.slice(number.index + number[0].length)}`;
}

function copyOf(document: Json): Json {
  return JSON.parse(JSON.stringify(document));
}

interface Place {
  readonly path: readonly Step[];
  readonly node: Json;
}

function placesIn(node: Json, path: readonly Step[] = []): Place[] {
  const below = Array.isArray(node)
    ? node.flatMap((item, index) => placesIn(item, [...path, index]))
    : typeof node === 'object' && node !== null
      ? Object.entries(node).flatMap(([key, value]) => placesIn(value, [...path, key]))
      : [];
  return [{ path, node }, ...below];
}

const isLeafAt = ({ node }: Place) => typeof node !== 'object' || node === null;

/** Carries one change out, in place but for the root. */
function alter(root: Json, { isLeaf, place, way, isNear, choice, surprise }: Change, near: NearValues): Json {
  const places = placesIn(root);
  const [leaves, holders] = [places.filter(isLeafAt), places.filter((one) => !isLeafAt(one))];
  const preferred = way === 'extra' ? holders : isLeaf ? leaves : places;
  const candidates = preferred.length > 0 ? preferred : places;
  const { path, node } = candidates[place % candidates.length] ?? { path: [], node: root };
  const names = path.filter((step) => typeof step === 'string');
  const fitting = near[names.slice(-2).join('.')] ?? near[names.at(-1) ?? ''] ?? [];
  // Copies, or a second change to what a first one put there would reach both places.
  const value = copyOf(isNear ? (fitting[choice % fitting.length] ?? surprise) : surprise);
  if (way === 'extra') {
    if (Array.isArray(node)) node.push(value);
    else if (isObject(node)) put(node, EXTRA_KEYS[choice % EXTRA_KEYS.length] ?? '', value);
    return root;
  }
  const last = path.at(-1);
  const holder = at(root, path.slice(0, -1));
  if (last === undefined || holder === undefined) return way === 'put' ? value : root;
  const changed = way === 'disguise' ? disguised(copyOf(node), choice) : value;
  if (Array.isArray(holder)) {
    const index = Number(last);
    if (way === 'drop') holder.splice(index, 1);
    else if (way === 'double') holder.splice(index, 0, copyOf(node));
    else holder[index] = changed;
  } else if (isObject(holder)) {
    const key = String(last);
    if (way === 'drop' || way === 'rename') delete holder[key];
    if (way === 'rename' || way === 'double') put(holder, renamed(key, choice), copyOf(node));
    else if (way !== 'drop') put(holder, key, changed);
  }
  return root;
}

/** Only own keys count, as in JSON. */
function at(root: Json, path: readonly Step[]): Json | undefined {
  let node: Json | undefined = root;
  for (const step of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
    node = (node as Record<Step, Json>)[step];
  }
  return node;
}

/** An assignment to `__proto__` would change the prototype, and not make the key that JSON.parse makes. */
function put(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The same in a form that is nearly right: a number as text, a text in other letters, nothing said otherwise. */
function disguised(value: Json, choice: number): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const forms: Json[] = [text, text.toUpperCase(), ` ${text}`, Number(text) || 0, null, '', [value], {}];
  return forms[choice % forms.length] ?? null;
}

function renamed(key: string, choice: number): string {
  const names = [key.toUpperCase(), key.toLowerCase(), `${key} `, key.replace(/\d/, '9'), '__proto__'];
  return names[choice % names.length] ?? key;
}

function isObject(node: Json): node is Record<string, Json> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
