/*
 * CAST AI's keys consist of `castai_v1_` and 64 letters and digits; older ones lack the prefix. Used to hide a key pasted
 * in the wrong place, never to validate one.
 */
const KEY = /castai_v\d|[a-z0-9]{40}/i;

/** @returns whether a text could be or contain an API key */
export function looksLikeKey(text: string): boolean {
  return KEY.test(text);
}

/** @returns the text without the words that could contain an API key */
export function withoutKeys(text: string): string {
  return text.replaceAll(/[^\s'"=:;,.()]+/g, (word) =>
    looksLikeKey(word) ? '(looks like an API key)' : word,
  );
}
