import { describeMutations } from './mutations-spec.js';

describeMutations('law-2', 'law-4', 'law-5', 'law-6', 'law-7');
