import { SignInOptions } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { call } from './api';

/** Who is signed in, and what the sign-in page offers where nobody is. */
export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: () => call(SignInOptions, 'GET', 'session/options'),
    retry: false,
  });
