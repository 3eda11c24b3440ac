/** What a code means to a user. */
export interface Explanation {
  /** What is wrong, in a few words. */
  title: string;
  /** Why that is a problem, and what to do about it. */
  text: string;
  /** What the program says, or the input before and after; one line each. */
  example: readonly string[];
}
