import { z } from 'zod';

// The page's content policy refuses eval; zod would try it once and log a violation. Runs before any schema.
z.config({ jitless: true });
