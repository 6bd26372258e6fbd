import type { ToolContract } from '@belay/contracts';

/** Finds, among contracts, the newest version that a range such as "crm.ticket.close@^2" or "…@2.1.0" names. */
export function findAmong<Version extends Pick<ToolContract, 'contract' | 'version'>>(
  contracts: readonly Version[],
): (range: string) => Version | undefined {
  return (range) => {
    const [name, wanted = ''] = range.split('@');
    const isOpen = wanted.startsWith('^');
    const parts = numbers(wanted.replace('^', ''));
    return contracts
      .filter(({ contract, version }) => contract === name && fits(numbers(version), parts, isOpen))
      .sort((a, b) => compare(numbers(b.version), numbers(a.version)))[0];
  };
}

const numbers = (version: string): number[] => version.split('.').map(Number);

// "^2.1" is 2.1 and what follows it within 2, and "2.1" is any 2.1.x. Below 1, each minor version breaks (SemVer 2).
function fits(version: readonly number[], wanted: readonly number[], isOpen: boolean): boolean {
  if (!isOpen) return wanted.every((part, index) => version[index] === part);
  const fixed = wanted[0] === 0 && wanted.length > 1 ? 2 : 1;
  return (
    wanted.slice(0, fixed).every((part, index) => version[index] === part) && compare(version, wanted) >= 0
  );
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = [0, 1, 2].find((at) => (a[at] ?? 0) !== (b[at] ?? 0));
  return index === undefined ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
