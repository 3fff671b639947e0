import { describe, expect, test } from 'vitest';
import { proxyOptions, proxyWarning } from '../../../lambda/http/agents.ts';

describe('an unusable proxy', () => {
  const WRONG = [
    'socks5://proxy:1080',
    'proxy:3128',
    'http://',
    'http://user:hidden@proxy:99999',
    'http://%zz@proxy',
  ];

  test.for(WRONG)('is reported without its address: %s', (address) => {
    expect(() => proxyOptions({ HTTPS_PROXY: address })).toThrow(
      /^HTTPS_PROXY must be the address of a proxy/,
    );
    expect(() => proxyOptions({ http_proxy: address })).toThrow(/^HTTP_PROXY must be the address of a proxy/);
    expect(() => proxyOptions({ HTTPS_PROXY: address })).not.toThrow(/1080|hidden|99999|%zz/);
  });
});

test('an empty variable sets no proxy, lower case takes precedence, and white space is trimmed', () => {
  expect(proxyOptions({ HTTPS_PROXY: '', https_proxy: '' }).proxyEnv).not.toHaveProperty('https_proxy', '');
  expect(
    proxyOptions({ HTTPS_PROXY: 'http://a:1', https_proxy: ' http://b:2\r', NO_PROXY: 'x', no_proxy: 'y' }),
  ).toMatchObject({
    proxyEnv: { https_proxy: 'http://b:2/', no_proxy: expect.stringMatching(/^localhost,.*,y$/) },
  });
});

test('a Node.js that does not support proxies causes a warning', () => {
  expect(proxyWarning({ https_proxy: 'http://a:1' }, false)).toContain(
    'HTTPS_PROXY is set, but this Node.js',
  );
  expect(proxyWarning({ HTTPS_PROXY: '' }, false)).toBeNull();
  expect(proxyWarning({ HTTPS_PROXY: 'http://a:1' })).toBeNull();
});
