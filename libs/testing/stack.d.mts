import type { ChildProcess } from 'node:child_process';

export interface Stack {
  home: string;
  environment: Record<string, string>;
  connection: {
    connectionString?: string;
    host?: string;
    port?: number;
    user?: string;
    database?: string;
    max?: number;
  };
  start(
    command: string,
    args: string[],
    marker: string,
    env?: Record<string, string | undefined>,
  ): Promise<ChildProcess>;
  redis: ChildProcess;
  postgres: ChildProcess | undefined;
  stop(): Promise<void>;
}
export function databases(): ('embedded' | 'native')[];
export function databasesInTurn(): ('embedded' | 'native')[];
export function startStack(kind: 'embedded' | 'native', options?: { isEmpty?: boolean }): Promise<Stack>;
export const LOGIN_PASSWORD: string;
