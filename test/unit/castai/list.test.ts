import { describe, expect, it } from 'vitest';
import { showsMore } from '../../../lambda/castai/list.ts';

describe('a response with two items is incomplete', () => {
  it.each<[Record<string, unknown>]>([
    [{ nextCursor: 'abc' }],
    [{ next_page_token: 'abc' }],
    [{ nextPageToken: 'abc', totalSize: 2 }],
    [{ cursor: 'abc' }],
    [{ next: 'https://api.example/?page=2' }],
    [{ hasMore: true }],
    [{ has_next: true }],
    [{ total: 3 }],
    [{ totalCount: '3' }],
    [{ count: 3 }],
    [{ limit: 2 }],
    [{ pageSize: 1, page: 1 }],
    [{ page: 2 }],
    [{ totalPages: 2 }],
    [{ isLast: false }],
    [{ complete: false }],
    [{ truncated: true }],
    [{ offset: 2 }],
    [{ page: { nextCursor: 'abc', limit: 100 } }],
    [{ meta: { pagination: { total: 175 } } }],
    [{ links: [{ rel: 'self' }, { rel: 'next', href: '/?page=2' }] }],
    [{ _links: { next: { href: '/?page=2' } } }],
    [{ done: false }],
    [{ finished: false }],
    [{ size: 175 }],
    [{ numItems: 175 }],
    [{ marker: 'abc' }],
    [{ token: 'abc' }],
    [{ after: 'abc' }],
    [{ scrollId: 'abc' }],
    [{ lastEvaluatedKey: 'abc' }],
    [{ range: '0-99/175' }],
    [{ skipped: 75 }],
  ])('when it says %j', (facts) => {
    expect(showsMore(facts, 2)).toBe(true);
  });
});

describe('a response with two items is complete', () => {
  it.each<[Record<string, unknown>]>([
    [{}],
    [{ nextCursor: '' }],
    [{ nextCursor: null, hasMore: false }],
    [{ next: {}, links: [] }],
    [{ total: 2, count: '2' }],
    [{ limit: 100, page: 1, totalPages: 1 }],
    [{ isLast: true, complete: true }],
    [{ offset: 0, remaining: 0 }],
    [{ page: { nextCursor: '', limit: 500, total: 2 } }],
    [{ organizationName: 'Next Cursor Ltd', requestId: 'abc' }],
    [{ accountId: '123456789012', discount: 30, nextRefreshAt: '2026-01-01T00:00:00Z' }],
    [{ rateLimit: { remaining: 59, limit: 60 } }],
    [{ done: true, size: 2, range: '0-1/2', skipped: 0, token: null, marker: '' }],
  ])('when it says %j', (facts) => {
    expect(showsMore(facts, 2)).toBe(false);
  });
});
