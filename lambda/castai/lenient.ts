import * as v from 'valibot';
import { isRecord } from '../input/json.ts';

/** A non-negative integer; JSON generated from protobuf writes large ones as text. */
const amount = v.union([
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)),
]);

/** JSON generated from protobuf omits unset fields, or writes them as null. */
const isUnset = (value: unknown): value is null | undefined | '' =>
  value === null || value === undefined || value === '';

/**
 * Reads the fields of an object that need not be understood completely: an unknown value counts as unset, and the field's
 * name is recorded.
 */
export class LenientReader {
  /** The names of the fields that were not understood, in the order in which they were read. */
  readonly misunderstood: string[];
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #prefix: string;

  /** @param value the object; anything else counts as an object without fields */
  constructor(value: unknown, prefix = '', misunderstood: string[] = []) {
    this.#fields = isRecord(value) ? value : {};
    this.#prefix = prefix;
    this.misunderstood = misunderstood;
  }

  get names(): string[] {
    return Object.keys(this.#fields);
  }

  /**
   * @param prefix precedes the names of its fields where they are recorded
   * @returns the object in a field
   */
  within(name: string, prefix = `${name}.`): LenientReader {
    const value = this.#fields[name];
    if (!isRecord(value) && !isUnset(value)) this.note(name);
    return new LenientReader(value, this.#prefix + prefix, this.misunderstood);
  }

  /** @returns true or false; null if it is not set */
  flag(name: string): boolean | null {
    const value = this.#fields[name];
    if (isUnset(value)) return null;
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    return this.note(name);
  }

  /** @returns a number above 0; null if it is unset, or 0, which means the same */
  amount(name: string): number | null {
    const value = this.#fields[name];
    if (isUnset(value)) return null;
    const { success, output } = v.safeParse(amount, value);
    return success ? output || null : this.note(name);
  }

  /**
   * @param meaningOf what a text of the list means; null if it means nothing, undefined if it is unknown
   * @returns the meanings of the texts that are understood, without duplicates
   */
  list<T>(name: string, meaningOf: (text: string) => T | null | undefined): T[] {
    const value = this.#fields[name];
    if (isUnset(value)) return [];
    if (!Array.isArray(value)) this.note(name);
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const meanings = items.map((item) => {
      if (isUnset(item)) return null;
      return typeof item === 'string' ? meaningOf(item.trim()) : undefined;
    });
    if (meanings.includes(undefined)) this.note(name);
    return [...new Set(meanings)].filter((meaning) => meaning !== null && meaning !== undefined);
  }

  /** @returns the text of a field; null if it is not set, or no text */
  text(name: string): string | null {
    const value = this.#fields[name];
    return typeof value === 'string' ? value || null : null;
  }

  /** @returns whether anything is set in a field, at any depth */
  isSet(name: string): boolean {
    return holdsAnything(this.#fields[name]);
  }

  /** Records that a field was not understood. */
  note(name: string): null {
    const place = this.#prefix + name;
    if (!this.misunderstood.includes(place)) this.misunderstood.push(place);
    return null;
  }
}

function holdsAnything(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsAnything);
  if (isRecord(value)) return Object.values(value).some(holdsAnything);
  return Boolean(value) && value !== '0' && value !== 'NOT_SET' && value !== 'false';
}
