import { createHash, randomBytes } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { DomainError } from '@belay/errors';
import type { RateLimiter } from '@belay/queue';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const MONTH = 30 * 24 * HOUR;
const OF_NAME_AND_ADDRESS = 10;
const OF_NAME = 100;
const OF_NAME_FROM_NEW = 30;
const FAILED_OF_ADDRESS = 50;

/** Where somebody tries from: an address, and a browser by a token that it was given. */
export interface Whence {
  readonly address: string;
  readonly browser: string | undefined;
}

/**
 * Bounds how often passwords are tried: guessing by name, and floods by address. A browser that somebody signed in with
 * within the last month has ten tries of its own for their name, so that neither locks them out. It is not known by its
 * address, which others may have too: they would be told who signs in there.
 */
export class SignInLimits {
  constructor(private readonly limiter: RateLimiter) {}

  /** Throws where it has been tried too often, before anything is looked up or hashed. */
  async admit(name: string, { address, browser }: Whence): Promise<void> {
    if (browser !== undefined && (await this.has(known(name, browser)))) {
      if (await this.limiter.take(`sign-in-by:${both(name, hashed(browser))}`, OF_NAME_AND_ADDRESS, MINUTE))
        return;
      throw tooOften();
    }
    if ((await this.limiter.count(`failed-at:${address}`)) >= FAILED_OF_ADDRESS)
      throw new DomainError(
        'request.too-many',
        'Too many failed to sign in from your address. Wait a minute.',
      );
    if (!(await this.mayTry(name, address))) throw tooOften();
  }

  /** Throws where an invitation that holds has been tried too often: each time, a password is hashed. */
  async admitInvited(name: string, address: string): Promise<void> {
    if (!(await this.limiter.take(`invitation:${both(name, address)}`, OF_NAME_AND_ADDRESS, MINUTE)))
      throw tooOften();
  }

  /** What somebody tried was wrong. */
  async failed(name: string, { address }: Whence): Promise<void> {
    await this.limiter.take(`failed-at:${address}`, FAILED_OF_ADDRESS, MINUTE);
    await this.limiter.take(`failed-sign-in:${both(name, address)}`, 1, HOUR);
  }

  /** Somebody signed in: the token that their browser is known by from now on. */
  async succeeded(name: string, browser: string = randomBytes(32).toString('base64url')): Promise<string> {
    await this.limiter.take(known(name, browser), 1, MONTH);
    return browser;
  }

  // Who guesses from many addresses uses up what a name has, but not what is left to addresses that did not.
  private async mayTry(name: string, address: string): Promise<boolean> {
    const [key, where] = [encodeURIComponent(name), both(name, address)];
    if (!(await this.limiter.take(`sign-in:${where}`, OF_NAME_AND_ADDRESS, MINUTE))) return false;
    if (await this.limiter.take(`sign-in:${key}`, OF_NAME, MINUTE)) return true;
    if (await this.has(`failed-sign-in:${where}`)) return false;
    return this.limiter.take(`sign-in-from-new:${key}`, OF_NAME_FROM_NEW, MINUTE);
  }

  private async has(key: string): Promise<boolean> {
    return (await this.limiter.count(key)) > 0;
  }
}

const tooOften = (): DomainError => new DomainError('auth.forbidden', 'Too many attempts. Wait a minute.');

// A name may be anything that somebody types, also what would read as another one at an address.
const both = (name: string, address: string): string => `${encodeURIComponent(name)}:${address}`;

// It is a secret of the browser, and as long as whoever sends it likes.
const hashed = (browser: string): string => createHash('sha256').update(browser).digest('base64url');
const known = (name: string, browser: string): string => `signed-in:${both(name, hashed(browser))}`;

/**
 * An address as it is counted, without the port that some proxies write behind it: of IPv6 whoever has one has the other
 * 2^64 of its network too. What is no address counts as one of its own.
 */
export function countedAddress(address: string): string {
  const bare = address
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return 'none';
  const [head = [], tail = []] = bare.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
  // An IPv4 address written as one of IPv6.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}
