export const SCHEMA_FILE: string;
export function dumpSchema(url: string): string;
