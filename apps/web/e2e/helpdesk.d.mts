import type { Page } from 'playwright-core';
import type { Visit } from './visit.mjs';

/** A ticket in the file of the help desk. */
export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly state: string;
  readonly comments: readonly string[];
}

export function ticketsOf(visitor: Visit): Ticket[];
export function installServer(visitor: Visit, source: string, id: string): string;
export function decideRead(draft: string, title: string): string;
export function openHelpdesk(visitor: Visit, developer: Page, admin: Page): Promise<void>;
export function plan(page: Page, title: string, steps: object[]): Promise<string>;
export function openFiles(visitor: Visit, developer: Page, admin: Page): Promise<void>;
