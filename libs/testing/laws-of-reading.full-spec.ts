import { describeMutations } from './mutations-spec.js';

describeMutations('law-1');
