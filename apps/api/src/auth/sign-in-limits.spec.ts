import { describe, expect, it } from '@jest/globals';
import { countedAddress } from './sign-in-limits.js';

describe('countedAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['192.0.2.7:4001', '192.0.2.7'],
    ['[2001:db8:1:2::9]:4001', '2001:db8:1:2'],
    ['[::ffff:192.0.2.7]:4001', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:0DB8::9', '2001:db8:0:0'],
    ['', 'none'],
    ['unknown', 'none'],
    ['9'.repeat(12_000), 'none'],
  ])('counts %j as %j', (address, counted) => {
    expect(countedAddress(address)).toBe(counted);
  });
});
