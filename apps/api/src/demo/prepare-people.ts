import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@belay/config';
import { NewPerson } from '@belay/contracts';
import { isDomainError } from '@belay/errors';
import { z } from 'zod';
import { TENANT } from '../http/sign-in.guard.js';
import type { Services } from '../services.js';

const Company = z.object({
  people: z.array(NewPerson),
  groups: z.array(z.object({ name: z.string(), title: z.string(), members: z.array(z.string()) })),
});
const SYSTEM = { tenant: TENANT, person: 0 };

function readCompany(config: Config): z.infer<typeof Company> | undefined {
  const file = join(config.samples ?? 'samples', 'company', 'company.json');
  return existsSync(file) ? Company.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Names of the people whom the demo lets anybody be: those of the demo company, nobody who was invited later. */
export function demoPeople(config: Config): ReadonlySet<string> {
  return new Set(config.demo ? readCompany(config)?.people.map((person) => person.name) : []);
}

/**
 * Makes the first people of an empty installation: those of the demo company in demo mode, else one admin
 * whose one-time set-up link is written to BELAY_HOME/set-up-link.
 */
export async function preparePeople(services: Services): Promise<void> {
  const { config, identity } = services;
  await identity.prepareTenant(TENANT);
  const link = join(config.home, 'set-up-link');
  if ((await identity.countPeople(TENANT)) > 0) return forgetSpentLink(services, link);
  if (!config.demo) {
    const admin = {
      name: 'admin',
      displayName: 'Administrator',
      roles: ['member' as const, 'admin' as const],
    };
    const { path } = await identity.addPerson(SYSTEM, admin);
    writeFileSync(link, `${path}\n`, { mode: 0o600 });
    services.log.info('set-up-link.written', { file: link });
    return;
  }
  rmSync(link, { force: true });
  const company = readCompany(config);
  if (!company) return services.log.warn('demo.missing', { samples: config.samples });
  for (const person of company.people) await identity.addPerson(SYSTEM, person);
  for (const { name, title } of company.groups) await identity.addGroup(SYSTEM, { name, title });
  for (const { name, members } of company.groups)
    await identity.changeMembers(SYSTEM, name, { add: members, remove: [] });
}

/** Removes the set-up link where it would lead nowhere any more: it was used, or its time is over. */
async function forgetSpentLink({ sessions }: Services, link: string): Promise<void> {
  if (!existsSync(link)) return;
  const token = readFileSync(link, 'utf8').trim().split('token=')[1] ?? '';
  try {
    await sessions.invited(TENANT, token);
  } catch (error) {
    if (!isDomainError(error, 'not-found')) throw error;
    rmSync(link, { force: true });
  }
}
