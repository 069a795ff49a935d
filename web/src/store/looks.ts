// How the client looks, as far as the account's devices share it.

export const THEMES = ['system', 'light', 'dark'] as const;
/** The colour of what is ours and acts. */
export const DYES = ['indigo', 'woad', 'moss', 'walnut', 'plum', 'slate'] as const;
/** What is drawn behind conversations. */
export const GROUNDS = ['strands', 'waves', 'weave', 'leaves', 'rain', 'plain'] as const;

export type Ground = (typeof GROUNDS)[number];

export interface Looks {
  theme: (typeof THEMES)[number];
  dye: (typeof DYES)[number];
  ground: Ground;
}

/** What the account keeps besides: the keys that act by themselves. */
export interface SharedLooks extends Looks {
  /** Whether they do. */
  single: boolean;
  /** Another key in place of one, or none (the empty string). */
  keys: Readonly<Record<string, string>>;
}

/** The value if it is one of these: other clients may know more. */
export function oneOf<T extends string>(all: readonly T[], value: string | undefined): T | undefined {
  return all.find((one) => one === value);
}
