export { connectRedis, type Redis } from './redis.js';
export { JobQueues, type JobHandler } from './job-queues.js';
export { EventStreams, type StreamEvent } from './event-streams.js';
export { Signals } from './signals.js';
export { RateLimiter } from './rate-limiter.js';
export { CallLimiter, type Limit, type Taken } from './call-limiter.js';
export { LocalBucket } from './local-bucket.js';
