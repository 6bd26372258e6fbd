import type { SlotType } from '@belay/contracts';
import { Group, NumberInput, Radio, Select, Textarea, TextInput } from '@mantine/core';

export type Answer = string | number | boolean;

const MANY = 5;

/** A field for one answer of a person, by its kind. An answer that is not given is undefined. */
export function AnswerField({
  label,
  type,
  choices = null,
  required = true,
  value,
  change,
}: {
  label: string;
  type: SlotType;
  choices?: readonly string[] | null;
  required?: boolean;
  value: Answer | undefined;
  change: (value: Answer | undefined) => void;
}) {
  const text = value === undefined ? '' : String(value);
  const common = { label, required };
  if (type === 'yes-no')
    return (
      <Choice
        {...common}
        choices={['yes', 'no']}
        value={value === undefined ? '' : value ? 'yes' : 'no'}
        change={(chosen) => change(chosen === 'yes')}
      />
    );
  if (type === 'choice' && choices && choices.length > MANY)
    return (
      <Select
        {...common}
        data={[...choices]}
        value={text || null}
        onChange={(chosen) => change(chosen ?? undefined)}
      />
    );
  if (type === 'choice' && choices)
    return <Choice {...common} choices={choices} value={text} change={change} />;
  if (type === 'number')
    return (
      <NumberInput
        {...common}
        value={typeof value === 'number' ? value : ''}
        onChange={(typed) => change(typeof typed === 'number' ? typed : undefined)}
      />
    );
  if (type === 'text')
    return (
      <Textarea
        {...common}
        autosize
        minRows={1}
        maxRows={10}
        maxLength={4000}
        value={text}
        onChange={(event) => change(event.currentTarget.value || undefined)}
      />
    );
  return (
    <TextInput
      {...common}
      type={type === 'date' || type === 'email' ? type : 'text'}
      maxLength={4000}
      value={text}
      onChange={(event) => change(event.currentTarget.value || undefined)}
    />
  );
}

function Choice({
  label,
  required,
  choices,
  value,
  change,
}: {
  label: string;
  required: boolean;
  choices: readonly string[];
  value: string;
  change: (chosen: string) => void;
}) {
  return (
    <Radio.Group label={label} required={required} value={value} onChange={change}>
      <Group mt={4}>
        {choices.map((choice) => (
          <Radio key={choice} value={choice} label={choice} />
        ))}
      </Group>
    </Radio.Group>
  );
}
