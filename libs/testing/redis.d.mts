import type { ChildProcess } from 'node:child_process';

export function spawnRedis(sockets: string): Promise<ChildProcess>;
export function startRedis(): Promise<{ sockets: string; child: ChildProcess; stop(): void }>;
