import { describe, expect, it } from 'vitest';
import { escaped } from '../../../cli/views/escaping.ts';

/** The text that a reader sees, without the zero-width spaces. */
const seen = (markdown: string) =>
  markdown
    .replaceAll('&#8203;', '')
    .replaceAll(/\\([\\`*_[\]|~#!])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

describe('a name in Markdown', () => {
  it.each([
    ['mentions nobody', '@org/team', '@&#8203;org/team'],
    ['is no email address', 'me@example.com', 'me@&#8203;example.com'],
    ['is no link', 'https://example.com', 'https:&#8203;//example.com'],
    ['is no link without a scheme', 'WWW.example.com', 'WWW&#8203;.example.com'],
    ['is no link after a character of emphasis', '_www.example.com', '\\_www&#8203;.example.com'],
    ['refers to no issue', 'org/repo#12', 'org/repo\\#&#8203;12'],
    ['refers to no issue by its other spelling', 'gh-12', 'gh&#8203;-12'],
    ['cannot bring its own character reference', '&#64;org', '&amp;\\#&#8203;64;org'],
    ['is no markup', '*<b>*', '\\*&lt;b&gt;\\*'],
    ['stays as it is otherwise', 'prod-high-1 (eu-west-1): 5%', 'prod-high-1 (eu-west-1): 5%'],
  ])('%s', (_, name, markdown) => {
    expect(escaped(name)).toBe(markdown);
    expect(seen(markdown)).toBe(name);
  });
});
