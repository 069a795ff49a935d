// Topics that change, and those who watch them. Many changes in one turn are told once. A topic of two words is
// of one thing, `chat juliet@…`; who watches `chat *` is told of all.

export type Topic = string;

interface Watcher {
  topics: Set<Topic>;
  run: (dirty: ReadonlySet<Topic>) => void;
}

export class Bus {
  private watchers = new Set<Watcher>();
  private dirty = new Set<Topic>();
  private isScheduled = false;

  constructor(private readonly later: (run: () => void) => void) {}

  watch(topics: Topic[], run: (dirty: ReadonlySet<Topic>) => void): () => void {
    const watcher = { topics: new Set(topics), run };
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  touch(...topics: Topic[]): void {
    for (const topic of topics) {
      this.dirty.add(topic);
      const space = topic.indexOf(' ');
      if (space > 0) this.dirty.add(`${topic.slice(0, space)} *`);
    }
    if (this.isScheduled || this.dirty.size === 0) return;
    this.isScheduled = true;
    this.later(() => {
      this.isScheduled = false;
      const dirty = this.dirty;
      this.dirty = new Set();
      for (const watcher of [...this.watchers]) if ([...watcher.topics].some((topic) => dirty.has(topic))) watcher.run(dirty);
    });
  }
}
