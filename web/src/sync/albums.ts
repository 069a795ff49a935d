// Which of the files that are sent together are one message.

/** What the server takes of files in one message, and a reader of pictures. */
const MAX_ALBUM = 30;

export interface Piece {
  /** A picture or a film that is shown. */
  seen: boolean;
  /** Words of its own. */
  caption?: string;
}

export interface Group<T> {
  text: string;
  files: T[];
}

/**
 * Pictures and films that follow each other are an album; one with words of its own stands by itself, so that every client
 * shows them below it, and so does every document. `words` of all go with the first that has none; with nothing if all have some.
 */
export function grouped<T extends Piece>(files: readonly T[], words = ''): Group<T>[] {
  const all: Group<T>[] = [];
  let album: Group<T> | undefined;
  for (const file of [...files.filter((one) => one.seen), ...files.filter((one) => !one.seen)]) {
    const text = file.caption?.trim() ?? '';
    const alone = !file.seen || text !== '';
    if (!alone && album && album.files.length < MAX_ALBUM) {
      album.files.push(file);
      continue;
    }
    const group = { text, files: [file] };
    album = alone ? undefined : group;
    all.push(group);
  }
  const text = words.trim();
  const free = all.find((one) => one.text === '');
  if (text !== '' && free) free.text = text;
  else if (text !== '') all.unshift({ text, files: [] });
  return all;
}
