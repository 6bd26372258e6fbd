import { PlaybookMatch, type UsablePlaybook } from '@belay/contracts';
import { Button, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { ChoosePlaybook } from './choose-playbook';
import { FillPlaybook } from './fill-playbook';

/** A person says in their own words what is to be done, or chooses it; what fits is shown to be filled in. */
export function SayWhat() {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<UsablePlaybook>();
  const match = useMutation({
    mutationFn: (words: string) => call(PlaybookMatch, 'POST', 'runs/match', { text: words }),
    onSuccess: () => setChosen(undefined),
  });
  const send = (): void => {
    if (text.trim() && !match.isPending) match.mutate(text.trim());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const enter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const found = match.data?.match;
  return (
    <Stack>
      <form onSubmit={submit}>
        <Stack gap="xs">
          <Textarea
            label="What should be done?"
            description="In your own words, or choose it below."
            autosize
            minRows={2}
            maxRows={8}
            maxLength={2000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={enter}
          />
          <Button
            type="submit"
            style={{ alignSelf: 'start' }}
            loading={match.isPending}
            disabled={!text.trim()}
          >
            Find out how
          </Button>
        </Stack>
      </form>
      <div aria-live="polite">
        {match.error && <Failure error={match.error} retry={send} />}
        {match.data && !found && !chosen && (
          <Text>
            Nothing that can be done here is what you mean. Say it in other words, or choose from the list.
            Questions about documents are answered under Ask.
          </Text>
        )}
        {chosen && <FillPlaybook key={chosen.playbook} playbook={chosen} values={{}} />}
        {found && !chosen && <FillPlaybook key={match.submittedAt} playbook={found} values={found.values} />}
      </div>
      <ChoosePlaybook choose={setChosen} />
    </Stack>
  );
}
