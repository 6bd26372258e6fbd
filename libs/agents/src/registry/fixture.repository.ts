import { sql, type Transaction } from '@belay/database';
import type { Place as Sealed, RunVault } from '../runs/run-vault.js';

/** A recorded call as it is stored: redacted as its contract says. */
export interface StoredFixture {
  readonly name: string;
  readonly kind: 'call' | 'dry-run';
  readonly input: Readonly<Record<string, unknown>>;
  readonly isPartial: boolean;
  readonly output: unknown;
  readonly recordedBy: string;
  readonly recordedAt: Date;
}

interface Place {
  readonly contract: string;
  readonly version: string;
}

const ROW = sql`
  select f.name, f.kind, f.input, f.is_partial as "isPartial", f.output, p.name as "recordedBy",
    f.recorded_at as "recordedAt"
  from tool_fixture f
    join principal p on p.tenant_id = f.tenant_id and p.principal_id = f.recorded_by
  where f.tenant_id = current_tenant()`;

type SealedFixture = Omit<StoredFixture, 'input' | 'output'> & Readonly<Record<'input' | 'output', Buffer>>;

/** Recorded calls, sealed. Row security shows them to whoever may call the contract and read what it gives back. */
export class FixtureRepository {
  constructor(private readonly vault: RunVault) {}

  async list(tx: Transaction, place: Place): Promise<StoredFixture[]> {
    const { contract, version } = place;
    const rows = await tx.many<SealedFixture>(sql`${ROW}
      and f.contract = ${contract} and f.version = ${version} order by f.name`);
    return rows.map((row) => this.opened(tx, place, row));
  }

  async find(tx: Transaction, place: Place, name: string): Promise<StoredFixture | undefined> {
    const { contract, version } = place;
    const row = await tx.maybe<SealedFixture>(sql`${ROW}
      and f.contract = ${contract} and f.version = ${version} and f.name = ${name}`);
    return row && this.opened(tx, place, row);
  }

  /** Whether whoever asks may call a contract and read what it gives back. */
  mayRead(tx: Transaction, { contract, version }: Place): Promise<{ may: boolean }> {
    return tx.one(sql`select exists (select from tool_contract c where c.tenant_id = current_tenant()
      and c.contract = ${contract} and c.version = ${version}
      and is_one_of(c.document -> 'users') and is_one_of(c.document -> 'audience')) as may`);
  }

  /** Stores a call; 0 where one of this name is there. */
  insert(
    tx: Transaction,
    place: Place,
    fixture: Pick<StoredFixture, 'name' | 'kind' | 'input' | 'isPartial' | 'output'>,
    person: number,
  ): Promise<number> {
    const { contract, version } = place;
    const { name, kind, isPartial } = fixture;
    const input = this.vault.seal(tx, sealedAs(place, name, 'arguments'), JSON.stringify(fixture.input));
    const output = this.vault.seal(tx, sealedAs(place, name, 'result'), JSON.stringify(fixture.output));
    return tx.run(sql`
      insert into tool_fixture (tenant_id, contract, version, name, kind, input, is_partial, output, recorded_by)
      values (current_tenant(), ${contract}, ${version}, ${name}, ${kind}, ${input},
        ${isPartial}, ${output}, ${person})
      on conflict (tenant_id, contract, version, name) do nothing`);
  }

  remove(tx: Transaction, { contract, version }: Place, name: string): Promise<number> {
    return tx.run(sql`delete from tool_fixture
      where tenant_id = current_tenant() and contract = ${contract} and version = ${version} and name = ${name}`);
  }

  private opened(tx: Transaction, place: Place, row: SealedFixture): StoredFixture {
    const input = this.vault.open(tx, sealedAs(place, row.name, 'arguments'), row.input);
    const output = this.vault.open(tx, sealedAs(place, row.name, 'result'), row.output);
    return {
      ...row,
      input: JSON.parse(input) as StoredFixture['input'],
      output: JSON.parse(output) as unknown,
    };
  }
}

const sealedAs = ({ contract, version }: Place, step: string, part: Sealed['part']): Sealed => ({
  run: `${contract}@${version}`,
  step,
  part,
});
