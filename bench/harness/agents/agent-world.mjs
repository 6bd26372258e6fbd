/** A database, people, recording servers and approved contracts, for drills with runs. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServices } from '../../../apps/api/dist/services.js';
import { RegistryService, installArtifact } from '../../../libs/agents/dist/index.js';
import { guessSinks } from '../../../libs/agents/dist/contracts/guess-sinks.js';
import { connectPeer } from '../../../libs/agents/dist/peers/connect-peer.js';
import { offeredTools } from '../../../libs/agents/dist/peers/offered-tools.js';
import { loadConfig } from '../../../libs/config/dist/index.js';
import { Database, migrate } from '../../../libs/database/dist/index.js';
import { startNativePostgres } from '../../../libs/testing/native-postgres.mjs';
import { startStack } from '../../../libs/testing/stack.mjs';
import { contractOf, definitionOf, peerName, wayBackOf } from './contract-policy.mjs';

const RECORDER = fileURLToPath(new URL('recorder', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
// How often people have servers started is not what is measured here.
const UNRATED = {
  lease: () => Promise.resolve('one'),
  take: () => Promise.resolve({ allowed: true }),
  release: () => Promise.resolve(),
};
const PEOPLE = { employee: [], hr: [], developer: ['developer'], admin: ['admin'], second: ['admin'] };

/**
 * Starts it on a native PostgreSQL where one can be had, else (unless `native` is needed) on the embedded one.
 * `people` adds members by name.
 */
export async function startWorld(say, { native = false, durable = false, people = [] } = {}) {
  const server = startNativePostgres(say, { durable });
  if (!server && native) throw new Error('a native PostgreSQL cannot be provided here');
  if (server) process.env.BELAY_TEST_NATIVE_URL = server.url;
  // The server is its own, without the databases of a run of tests.
  const stack = await startStack(server ? 'native' : 'embedded', { isEmpty: true });
  await migrate(stack.connection);
  const services = createServices(loadConfig(stack.environment));
  await services.identity.prepareTenant(1);
  const signedIn = {};
  const all = { ...PEOPLE, ...Object.fromEntries(people.map((name) => [name, []])) };
  for (const [name, roles] of Object.entries(all)) {
    const person = { name, displayName: name, roles: ['member', ...roles] };
    await services.identity.addPerson({ tenant: 1, person: 0 }, person);
    const session = await services.sessions.signInDemo(1, name);
    signedIn[name] = await services.sessions.authenticate(1, { session });
  }
  const { home } = loadConfig(stack.environment);
  const stop = async () => {
    await services.close();
    await stack.stop();
    server?.stop();
  };
  return new AgentWorld({
    stack,
    services,
    people: signedIn,
    home,
    stop,
    kind: server ? 'native' : 'embedded',
  });
}

class AgentWorld {
  /** Tools in use, by the name that cases give them. */
  tools = new Map();
  #offers = new Map();
  #read = new Map();

  constructor(parts) {
    Object.assign(this, parts);
    this.owner = new Database({ ...this.stack.connection, max: 2 });
    const offer = (peer) => this.#offer(peer);
    this.registry = new RegistryService(this.services.database, { offer }, UNRATED);
  }

  /** Installs a recording server for each toolkit and approves a contract for each of its tools that is in use. */
  async install(toolkits, isUsed) {
    const all = toolkits.flatMap(({ tools }) => tools);
    const wanted = new Set(all.filter(isUsed));
    for (const tool of [...wanted]) {
      const back = wayBackOf(tool, all);
      if (back) wanted.add(back.tool);
    }
    for (const { name, tools } of toolkits) {
      const used = tools.filter((tool) => wanted.has(tool) && !this.tools.has(tool.full));
      if (used.length > 0) await this.#installServer(peerName(name), used, all);
    }
  }

  async #installServer(id, used, all) {
    const folder = mkdtempSync(join(tmpdir(), 'belay-recorder-'));
    cpSync(RECORDER, folder, { recursive: true });
    const manifest = { name: `belay-recorder-${id}`, version: '1.0.0', type: 'module', bin: './server.mjs' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'tools.json'), JSON.stringify(used.map(definitionOf)));
    const { artifact, integrity, entry } = await installArtifact(folder, this.home, ROOT);
    rmSync(folder, { recursive: true });
    const mounts = [{ name: id, path: '/data', mode: 'rw' }];
    const peer = {
      id,
      transport: 'stdio',
      artifact,
      integrity,
      entry,
      args: ['/data'],
      environment: {},
      mounts,
      memoryMb: 128,
    };
    const { tools } = await this.#offer(peer);
    // What takes another's effect back is approved before it.
    const isLast = (tool) => (wayBackOf(tool, all) ? 1 : 0);
    for (const tool of [...used].sort((a, b) => isLast(a) - isLast(b))) {
      const { digest } = tools.find(({ name }) => name === tool.name);
      await this.approve(contractOf(tool, { tools: all, peer, digest, guessSinks }));
      this.tools.set(tool.full, tool);
    }
  }

  /** Registers a contract by one person and approves it by another. */
  async approve(document) {
    const { developer, admin } = this.people;
    const registered = await this.registry.register(developer, JSON.stringify(document));
    if (registered.state !== 'approved') await this.registry.approve(admin, registered, registered.digest);
  }

  async #offer(peer) {
    const known = this.#offers.get(peer.id);
    if (known) return known;
    const connection = await connectPeer(peer, this.home);
    const found = await offeredTools(connection);
    await connection.close();
    this.#offers.set(peer.id, found);
    return found;
  }

  /** The folder that a server sees. */
  data(id) {
    const folder = join(this.home, 'peer-data', id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** What servers answer, by tool; what is not named answers as its schema says. */
  answer(answers) {
    const byServer = new Map([...this.tools.values()].map(({ toolkit }) => [peerName(toolkit), {}]));
    for (const [full, value] of Object.entries(answers)) {
      const { toolkit, name } = this.tools.get(full);
      byServer.get(peerName(toolkit))[name] = value;
    }
    for (const [id, values] of byServer)
      writeFileSync(join(this.data(id), 'answers.json'), JSON.stringify(values));
  }

  /** The calls that servers recorded since this was last asked, each with its tool by full name. */
  newCalls() {
    const toolkits = new Set([...this.tools.values()].map(({ toolkit }) => toolkit));
    return [...toolkits].flatMap((toolkit) => {
      const file = join(this.data(peerName(toolkit)), 'calls.jsonl');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
      const fresh = lines.slice(this.#read.get(toolkit) ?? 0);
      this.#read.set(toolkit, lines.length);
      return fresh
        .map((line) => JSON.parse(line))
        .map((call) => ({ ...call, full: `${toolkit}${call.tool}` }));
    });
  }

  /** Takes a contract out of use, as somebody who works on tools does. */
  async quarantine(contract) {
    const reason = 'a drill';
    await this.registry.setAside(
      this.people.developer,
      { contract, version: '1.0.0' },
      'quarantined',
      reason,
    );
  }

  /** Approves again what is quarantined. */
  async restore() {
    for (const row of await this.registry.list(this.people.admin)) {
      if (row.state === 'quarantined') await this.registry.approve(this.people.admin, row, row.digest);
    }
  }

  /** One statement as the owner of the database. */
  sql(text, values = []) {
    return this.owner.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many({ text, values }));
  }

  async close() {
    await this.owner.close();
    await this.stop();
  }
}
