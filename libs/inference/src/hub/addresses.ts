import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Which addresses a request may go to: any that the administrator named, or less where a hub leads elsewhere. */
export type Reach = 'named' | 'own-network' | 'public';

const NEVER = list([
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]);
const PRIVATE = list([
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
]);

function list(subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const blocked = new BlockList();
  for (const [network, bits, family] of subnets) blocked.addSubnet(network, bits, family);
  return blocked;
}

const isIn = (blocked: BlockList, address: string): boolean =>
  blocked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether only this machine or its own network reaches an address. */
export function isPrivate(address: string): boolean {
  return isIn(PRIVATE, address) || isIn(NEVER, address);
}

/** Whether a request of this reach may go to an address. Link-local ones, where clouds keep secrets, never by a redirect. */
export function mayReach(address: string, reach: Reach): boolean {
  if (reach === 'named') return true;
  return !isIn(NEVER, address) && (reach === 'own-network' || !isPrivate(address));
}

/** Looks a host name up and fails if one of its addresses is out of reach: what is checked is what is connected to. */
export function lookupWithin(reach: Reach): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      const refused = addresses.find(({ address }) => !mayReach(address, reach));
      if (!first || refused) return callback(new Error(`${host} is not a public address`), '', 0);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
