import { type Approval, ApprovalText } from '@belay/contracts';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** What an approval says, or why it cannot be shown. */
export type ReadApproval =
  { readonly says: ApprovalText; readonly problem?: undefined } | { readonly problem: string };

/**
 * Reads an approval from its bytes and from nothing else: undefined members of the row beside it decide nothing. What
 * has another digest than the one that would be decided is refused. Computed here, because the browser's own digests
 * are missing where the page is served without TLS.
 */
export function readApproval({
  text,
  digest,
  isWithheld,
}: Pick<Approval, 'text' | 'digest' | 'isWithheld'>): ReadApproval {
  if (isWithheld)
    return {
      problem: 'It holds something of a document that you may not read, and cannot be decided by you.',
    };
  if (text === '') return { problem: 'What it said is forgotten with its run; its digest stays.' };
  const found = `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
  if (found !== digest)
    return {
      problem: 'What would be decided is not what was sent: its digest is another. Nothing can be decided.',
    };
  const says = ApprovalText.safeParse(parse(text));
  if (!says.success)
    return { problem: 'This approval is of another version than the page. Load the page again.' };
  return { says: says.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
