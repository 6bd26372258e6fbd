export declare const SECOND: string;
export declare function twoModels(folder: string, lengths?: readonly number[]): string;
