import { notifications } from '@mantine/notifications';

/** Shows what went wrong where there is no place for it on the page. */
export function notifyFailure(error: Error): void {
  notifications.show({ color: 'red', title: 'That did not work', message: error.message });
}
