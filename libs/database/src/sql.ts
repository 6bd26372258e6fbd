/** One parameterised statement. Made only by the `sql` tag, so that no value is ever spliced into text. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Its plan is the same whatever the values are, so that it may be kept. */
  readonly isKept?: boolean;
}

const isStatement = (value: unknown): value is SqlStatement =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  'values' in value &&
  STATEMENTS.has(value);
const STATEMENTS = new WeakSet<object>();

function make(text: string, values: readonly unknown[], isKept = false): SqlStatement {
  const statement = Object.freeze({ text, values, isKept });
  STATEMENTS.add(statement);
  return statement;
}

/** Template tag: values become parameters, nested statements are spliced with their own parameters. */
export function sql(parts: TemplateStringsArray, ...values: unknown[]): SqlStatement {
  let text = parts[0] ?? '';
  const out: unknown[] = [];
  values.forEach((value, index) => {
    if (isStatement(value)) {
      const base = out.length;
      text += value.text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + base}`);
      out.push(...value.values);
    } else {
      out.push(value);
      text += `$${out.length}`;
    }
    text += parts[index + 1] ?? '';
  });
  return make(text, out);
}

/** A quoted identifier, for the few statements that name a table made at run time. */
sql.identifier = (name: string): SqlStatement => {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new TypeError(`not an identifier: ${name}`);
  return make(`"${name}"`, []);
};

/** As `sql`, for a statement that finds its rows by their keys: a connection may keep its plan. */
export function kept(parts: TemplateStringsArray, ...values: unknown[]): SqlStatement {
  const statement = sql(parts, ...values);
  return make(statement.text, statement.values, true);
}
