// A thin, typed face for IndexedDB: transactions that read and write several tables.

/** A table: its key path, and indexes by name. */
export interface Table {
  key: string | string[];
  indexes?: Record<string, string | string[]>;
  /** When the form of the data changes: what goes along of a row, since nobody else has it. */
  keeps?: (row: never) => object | undefined;
}

export type Schema = Record<string, Table>;

export interface Range {
  index?: string;
  lower?: IDBValidKey;
  upper?: IDBValidKey;
  /** Without the bound itself. */
  lowerOpen?: boolean;
  upperOpen?: boolean;
  reverse?: boolean;
  max?: number;
}

export class StorageError extends Error {
  readonly kind: string;

  constructor(error: unknown) {
    super(String(error));
    this.kind = error instanceof Error || error instanceof DOMException ? error.name : '';
  }

  /** There is no room. */
  get isFull(): boolean {
    return this.kind === 'QuotaExceededError';
  }

  /** Nothing is asked of it any more: it was closed here, or for a newer version of the client. */
  get isClosed(): boolean {
    return this.kind === 'InvalidStateError';
  }

  /** What is kept cannot be read. */
  get isUnreadable(): boolean {
    return ['DataError', 'DataCloneError', 'NotReadableError', 'UnknownError', 'NotFoundError'].includes(this.kind);
  }
}

/** Newer browsers read backwards in one request too, which is much faster than a cursor's steps. */
const HAS_DIRECTION = typeof IDBObjectStore !== 'undefined' && 'getAllRecords' in IDBObjectStore.prototype;
/** The most rows that are read at once though fewer may be wanted. */
const BATCH = 500;

/** Inside a transaction nothing but its own requests may be awaited. */
export class Tx {
  /** Rows that went, or do not say any more what they said here. */
  readonly left: object[] = [];

  constructor(private readonly transaction: IDBTransaction) {}

  async get<T>(table: string, key: IDBValidKey, index?: string): Promise<T | undefined> {
    const store = this.transaction.objectStore(table);
    return settle<T | undefined>(index === undefined ? store.get(key) : store.index(index).get(key));
  }

  /** Is not waited for: what is asked later sees it, and where it fails the whole transaction does. */
  async put(table: string, row: object): Promise<void> {
    this.transaction.objectStore(table).put(row);
  }

  /** As `put`. */
  async delete(table: string, key: IDBValidKey | IDBKeyRange): Promise<void> {
    this.transaction.objectStore(table).delete(key);
  }

  async all<T>(table: string, range: Range = {}): Promise<T[]> {
    const rows: T[] = [];
    await this.walk<T>(table, range, (row) => void rows.push(row));
    return rows;
  }

  async keys(table: string): Promise<IDBValidKey[]> {
    return settle(this.transaction.objectStore(table).getAllKeys());
  }

  async count(table: string, range: Range): Promise<number> {
    const store = this.transaction.objectStore(table);
    return settle((range.index === undefined ? store : store.index(range.index)).count(keys(range)));
  }

  /** Calls for each row in order until `visit` says false or `max` is reached. */
  async walk<T>(table: string, range: Range, visit: (row: T) => boolean | void): Promise<void> {
    const store = this.transaction.objectStore(table);
    const source = range.index === undefined ? store : store.index(range.index);
    const max = range.max ?? Infinity;
    if (max <= 0) return;
    if (!range.reverse) {
      const rows = await settle<T[]>(source.getAll(keys(range) ?? null, Number.isFinite(max) ? max : undefined));
      for (const row of rows) if (visit(row) === false) return;
      return;
    }
    if (max <= BATCH && HAS_DIRECTION) {
      const options = { query: keys(range) ?? null, count: max, direction: 'prev' };
      const rows = await settle<T[]>((source.getAll as (options: object) => IDBRequest<T[]>)(options));
      for (const row of rows) if (visit(row) === false) return;
      return;
    }
    const request = source.openCursor(keys(range) ?? null, 'prev');
    await new Promise<void>((resolve, reject) => {
      let seen = 0;
      request.onerror = () => reject(new StorageError(request.error));
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor || visit(cursor.value as T) === false || ++seen >= max) return resolve();
        cursor.continue();
      };
    });
  }

  abort(): void {
    this.transaction.abort();
  }
}

function keys(range: Range): IDBKeyRange | undefined {
  const { lower, upper, lowerOpen = false, upperOpen = false } = range;
  if (lower !== undefined && upper !== undefined) return IDBKeyRange.bound(lower, upper, lowerOpen, upperOpen);
  if (lower !== undefined) return IDBKeyRange.lowerBound(lower, lowerOpen);
  if (upper !== undefined) return IDBKeyRange.upperBound(upper, upperOpen);
  return undefined;
}

function settle<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(new StorageError(request.error));
  });
}

export class Db {
  /** Told of what a transaction took away, once that is written. */
  onleft: ((rows: object[]) => void) | undefined;
  /** The browser has closed it, by itself or because its owner cleared the data. */
  private isLost = false;
  private isEnded = false;
  private reopened: Promise<void> | undefined;

  private constructor(private database: IDBDatabase, private readonly version: number, private readonly schema: Schema) {
    this.follow();
  }

  private follow(): void {
    this.database.onversionchange = () => this.close();
    this.database.onclose = () => (this.isLost = true);
  }

  /** Opens; what cannot be read any more is thrown away and made anew, since the server has it all. */
  static async open(name: string, version: number, schema: Schema): Promise<Db> {
    try {
      return await Db.attempt(name, version, schema);
    } catch {
      await Db.destroy(name);
      return Db.attempt(name, version, schema);
    }
  }

  private static async attempt(name: string, version: number, schema: Schema): Promise<Db> {
    return new Db(await Db.connect(name, version, schema), version, schema);
  }

  private static connect(name: string, version: number, schema: Schema): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => upgrade(request.result, request.transaction as IDBTransaction, schema);
      // Another version of the client has it open still: it is told, and lets go.
      request.onblocked = () => undefined;
      request.onerror = () => reject(new StorageError(request.error));
      request.onsuccess = () => resolve(request.result);
    });
  }

  private reopen(): Promise<void> {
    return (this.reopened ??= Db.connect(this.database.name, this.version, this.schema).then((database) => {
      this.database = database;
      this.isLost = false;
      if (this.isEnded) database.close();
      else this.follow();
    }).finally(() => (this.reopened = undefined)));
  }

  /** Of data that cannot be read as a whole: what nobody else has, row by row, as far as it can be read. */
  async salvage(schema: Schema): Promise<Map<string, object[]>> {
    const kept = new Map<string, object[]>();
    for (const [table, { keeps }] of Object.entries(schema)) {
      if (!keeps) continue;
      const known = await this.read((tx) => tx.keys(table)).catch(() => []);
      const rows: object[] = [];
      for (let from = 0; from < known.length; from += BATCH) {
        const [lower, upper] = [known[from], known[Math.min(known.length, from + BATCH) - 1]];
        const all = await this.read((tx) => tx.all<object>(table, { ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) })).catch(() => undefined);
        rows.push(...(all ?? (await this.oneByOne(table, known.slice(from, from + BATCH)))));
      }
      kept.set(table, rows.map((row) => keeps(row as never)).filter((row) => row !== undefined));
    }
    return kept;
  }

  private async oneByOne(table: string, keys: IDBValidKey[]): Promise<object[]> {
    const rows = await Promise.all(keys.map((key) => this.read((tx) => tx.get<object>(table, key)).catch(() => undefined)));
    return rows.filter((row) => row !== undefined);
  }

  static destroy(name: string): Promise<void> {
    return new Promise((resolve) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = request.onerror = request.onblocked = () => resolve();
    });
  }

  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.run('readonly', work);
  }

  /** All of it or nothing; settles when it is written. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.run('readwrite', work);
  }

  close(): void {
    this.isEnded = true;
    this.database.close();
  }

  private begin(mode: IDBTransactionMode): IDBTransaction {
    try {
      return this.database.transaction(Object.keys(this.schema), mode);
    } catch (error) {
      throw new StorageError(error);
    }
  }

  private async run<T>(mode: IDBTransactionMode, work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.isLost && !this.isEnded) await this.reopen();
    const transaction = this.begin(mode);
    const finished = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(new StorageError(transaction.error ?? 'aborted'));
      transaction.onerror = ({ target }) => reject(new StorageError((target as IDBRequest | null)?.error ?? 'aborted'));
    });
    finished.catch(() => undefined);
    try {
      const tx = new Tx(transaction);
      const result = await work(tx);
      await finished;
      if (tx.left.length > 0) this.onleft?.(tx.left);
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It had ended already.
      }
      throw reason(transaction, error);
    }
  }
}

/** Why a transaction failed: what ended it says more than the request that found it ended. */
function reason(transaction: IDBTransaction, error: unknown): unknown {
  const isEnd = error instanceof Error && ['AbortError', 'InvalidStateError', 'TransactionInactiveError'].includes(error instanceof StorageError ? error.kind : error.name);
  return isEnd ? new StorageError(transaction.error ?? error) : error;
}

/** What is kept here is a cache: another form of it starts empty, but for what nobody else has. */
function upgrade(database: IDBDatabase, transaction: IDBTransaction, schema: Schema): void {
  const remake = (kept: Map<string, object[]>): void => {
    for (const table of [...database.objectStoreNames]) database.deleteObjectStore(table);
    for (const [table, { key, indexes = {} }] of Object.entries(schema)) {
      const store = database.createObjectStore(table, { keyPath: key });
      for (const [index, path] of Object.entries(indexes)) store.createIndex(index, path);
      for (const row of kept.get(table) ?? []) store.put(row);
    }
  };
  const tables = [...database.objectStoreNames].filter((table) => schema[table]?.keeps);
  const kept = new Map<string, object[]>();
  if (tables.length === 0) remake(kept);
  for (const table of tables) {
    const all = transaction.objectStore(table).getAll();
    all.onsuccess = () => {
      kept.set(table, (all.result as never[]).map((row) => schema[table]?.keeps?.(row)).filter((row) => row !== undefined));
      if (kept.size === tables.length) remake(kept);
    };
  }
}
