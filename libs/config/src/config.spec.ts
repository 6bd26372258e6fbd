import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';

const withProxies =
  (text: string, more: Record<string, string> = {}) =>
  () =>
    loadConfig({ BELAY_TRUSTED_PROXIES: text, ...more });

describe('proxies that are trusted', () => {
  it('are addresses and networks, none unless they are named', () => {
    expect(loadConfig({}).trustedProxies).toEqual([]);
    expect(withProxies('127.0.0.1, 10.1.0.0/16 2001:db8::/32')().trustedProxies).toEqual([
      '127.0.0.1',
      '10.1.0.0/16',
      '2001:db8::/32',
    ]);
  });

  it.each([
    'true',
    '*',
    'proxy.example',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '::/129',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
  ])('are not %j, which is refused by name', (text) => {
    expect(withProxies(text)).toThrow(/BELAY_TRUSTED_PROXIES.*must be addresses or networks/);
  });

  it('do not stand before a demo', () => {
    expect(withProxies('127.0.0.1', { BELAY_DEMO: '1' })).toThrow(/no proxy may stand before it/);
    expect(withProxies('', { BELAY_DEMO: '1' })().demo).toBe(true);
  });
});
