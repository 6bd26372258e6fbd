import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';

/** One thing that a list is narrowed by: a text, a day, or one of several values. */
export interface FilterField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'date';
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
}

/** What of the address narrows a list by these fields. */
export function useFilter(fields: readonly FilterField[]): URLSearchParams {
  const [params] = useSearchParams();
  return new URLSearchParams(
    fields.flatMap(({ name }) => (params.get(name) ? [[name, params.get(name) ?? '']] : [])),
  );
}

/** Narrows a list by what is said in the fields; the address holds it, so that it can be sent and gone back to. */
export function FilterForm({ fields }: { fields: readonly FilterField[] }) {
  const filter = useFilter(fields);
  return <Fields key={filter.toString()} fields={fields} filter={filter} />;
}

function Fields({ fields, filter }: { fields: readonly FilterField[]; filter: URLSearchParams }) {
  const [, search] = useSearchParams();
  const [values, setValues] = useState<Record<string, string>>(Object.fromEntries(filter));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = Object.entries(values).map(([name, value]) => [name, value.trim()]);
    search(new URLSearchParams(given.filter(([, value]) => value !== '')));
  };
  return (
    <form role="search" className="filter" onSubmit={submit}>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          change={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
      <Group gap="xs" className="whole">
        <Button type="submit">Search</Button>
        {filter.size > 0 && (
          <Button variant="subtle" onClick={() => search(new URLSearchParams())}>
            Clear
          </Button>
        )}
      </Group>
    </form>
  );
}

function Field({
  field: { label, hint, type, choices },
  value,
  change,
}: {
  field: FilterField;
  value: string;
  change: (value: string) => void;
}) {
  if (choices)
    return (
      <NativeSelect
        label={label}
        data={[{ value: '', label: 'any' }, ...choices]}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      label={label}
      placeholder={hint}
      type={type ?? 'text'}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
