/*
 * CAST AI's keys start with `castai_v1_`, and hold 64 letters and digits in a row; older ones are nothing but those. To
 * keep a key that was pasted in the wrong place from being shown, never to accept one.
 */
const KEY = /castai_v\d|[a-z0-9]{40}/i;

/** @returns whether a text could be, or hold, an API key */
export function looksLikeKey(text: string): boolean {
  return KEY.test(text);
}

/** @returns the text without the words that could hold an API key */
export function withoutKeys(text: string): string {
  return text.replaceAll(/[^\s'"=:;,.()]+/g, (word) =>
    looksLikeKey(word) ? '(looks like an API key)' : word,
  );
}
