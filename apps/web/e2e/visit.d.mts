import type { Product, startProduct } from '@belay/testing/product';
import type { Browser, Page } from 'playwright-core';

type WindowOptions = Parameters<Browser['newContext']>[0];

export interface Visit {
  readonly product: Product;
  readonly browser: Browser;
  readonly foreign: string[];
  readonly complaints: string[];
  open(window?: WindowOptions): Promise<Page>;
  signIn(name: string, window?: WindowOptions): Promise<Page>;
  close(): Promise<void>;
}

export const CHROMIUM: string | undefined;
export const DESK: { viewport: { width: number; height: number } };
export const PHONE: { viewport: { width: number; height: number } };
export const OWN: { 'x-belay-request': string };
export function visit(options?: Parameters<typeof startProduct>[0]): Promise<Visit>;
export function seriousFindings(page: Page): Promise<string[]>;
export function overhang(page: Page): Promise<number>;
export function tabTo(page: Page, name: string): Promise<void>;
export function settled(page: Page): Promise<void>;
