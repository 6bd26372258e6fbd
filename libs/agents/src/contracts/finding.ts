import type { Finding, ToolContract } from '@belay/contracts';

/** Finds the contract that "crm.ticket.close@^2" names; undefined where none is approved. */
export type FindContract = (range: string) => ToolContract | undefined;

/** A finding that keeps a contract from being registered. */
export const error = (rule: string, at: string, message: string): Finding => ({
  severity: 'error',
  rule,
  at,
  message,
});

/** A finding that whoever approves has to know. */
export const warning = (rule: string, at: string, message: string): Finding => ({
  severity: 'warning',
  rule,
  at,
  message,
});
