export interface Mutation {
  breaks: string;
  file: string;
  find: string;
  replace: string;
  spec: string;
  test?: string;
  compiled?: true | 'alone';
}
export interface Law {
  id: string;
  law: string;
  from?: string;
  mutations: Mutation[];
}
export const LAWS: Law[];
