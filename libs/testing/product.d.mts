export interface Product {
  home: string;
  folder: string;
  environment: Record<string, string | undefined>;
  address: string;
  output(): string;
  pids(): Record<string, number>;
  cli(...args: string[]): { status: number | null; stdout: string; stderr: string };
  restart(): Promise<void>;
  stop(): Promise<void>;
}
export function freePort(): Promise<number>;
export function startProduct(options?: {
  keep?: (collection: string, path: string) => boolean;
  /** Whether the demo company's tools are loaded, in the background. */
  tools?: boolean;
  environment?: Record<string, string>;
  flags?: string[];
  models?: string[];
}): Promise<Product>;
