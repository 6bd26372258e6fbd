export interface Mutation {
  breaks: string;
  file: string;
  find: string;
  replace: string;
  spec: string;
  compiled?: true;
}
export interface Law {
  id: string;
  law: string;
  from?: string;
  mutations: Mutation[];
}
export const LAWS: Law[];
