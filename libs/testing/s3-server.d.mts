export interface TestS3 {
  config: { endpoint: string; bucket: string; region: string; accessKeyId: string; secretAccessKey: string };
  objects: Map<string, { body: Buffer; at: string }>;
  mood: { failing: number; delay: number; ignoresDeletes: boolean; pageSize: number };
  seen: { refused: number; requests: number };
  stop(): Promise<void>;
}
export function startS3(): Promise<TestS3>;
