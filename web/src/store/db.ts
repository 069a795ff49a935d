// A thin, typed face for IndexedDB: transactions that read and write several tables.

/** A table: its key path, and indexes by name. */
export interface Table {
  key: string | string[];
  indexes?: Record<string, string | string[]>;
  /** Rows that go along when the form of the data changes: nobody else has them. */
  keeps?: (row: never) => boolean;
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

export class StorageError extends Error {}

/** Newer browsers read backwards in one request too, which is much faster than a cursor's steps. */
const HAS_DIRECTION = typeof IDBObjectStore !== 'undefined' && 'getAllRecords' in IDBObjectStore.prototype;
/** The most rows that are read at once though fewer may be wanted. */
const BATCH = 500;

/** Inside a transaction nothing but its own requests may be awaited. */
export class Tx {
  constructor(private readonly transaction: IDBTransaction) {}

  async get<T>(table: string, key: IDBValidKey, index?: string): Promise<T | undefined> {
    const store = this.transaction.objectStore(table);
    return settle<T | undefined>(index === undefined ? store.get(key) : store.index(index).get(key));
  }

  async put(table: string, row: object): Promise<void> {
    await settle(this.transaction.objectStore(table).put(row));
  }

  async delete(table: string, key: IDBValidKey | IDBKeyRange): Promise<void> {
    await settle(this.transaction.objectStore(table).delete(key));
  }

  async all<T>(table: string, range: Range = {}): Promise<T[]> {
    const rows: T[] = [];
    await this.walk<T>(table, range, (row) => void rows.push(row));
    return rows;
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
      request.onerror = () => reject(new StorageError(String(request.error)));
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
    request.onerror = () => reject(new StorageError(String(request.error)));
  });
}

export class Db {
  private constructor(private readonly database: IDBDatabase, private readonly tables: string[]) {}

  /** Opens; what cannot be read any more is thrown away and made anew, since the server has it all. */
  static async open(name: string, version: number, schema: Schema): Promise<Db> {
    try {
      return await Db.attempt(name, version, schema);
    } catch {
      await Db.destroy(name);
      return Db.attempt(name, version, schema);
    }
  }

  private static attempt(name: string, version: number, schema: Schema): Promise<Db> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        const database = request.result;
        const transaction = request.transaction as IDBTransaction;
        const remake = (kept: Map<string, unknown[]>): void => {
          for (const table of [...database.objectStoreNames]) database.deleteObjectStore(table);
          for (const [table, { key, indexes = {} }] of Object.entries(schema)) {
            const store = database.createObjectStore(table, { keyPath: key });
            for (const [index, path] of Object.entries(indexes)) store.createIndex(index, path);
            for (const row of kept.get(table) ?? []) store.put(row);
          }
        };
        // What is kept here is a cache: another form of it starts empty, but for what is not sent yet.
        const tables = [...database.objectStoreNames].filter((table) => schema[table]?.keeps);
        const kept = new Map<string, unknown[]>();
        if (tables.length === 0) remake(kept);
        for (const table of tables) {
          const all = transaction.objectStore(table).getAll();
          all.onsuccess = () => {
            kept.set(table, (all.result as never[]).filter((row) => schema[table]?.keeps?.(row)));
            if (kept.size === tables.length) remake(kept);
          };
        }
      };
      request.onblocked = () => reject(new StorageError('another version holds the data'));
      request.onerror = () => reject(new StorageError(String(request.error)));
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(new Db(request.result, Object.keys(schema)));
      };
    });
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
    this.database.close();
  }

  private async run<T>(mode: IDBTransactionMode, work: (tx: Tx) => Promise<T>): Promise<T> {
    const transaction = this.database.transaction(this.tables, mode);
    const finished = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(new StorageError(String(transaction.error ?? 'aborted')));
    });
    finished.catch(() => undefined);
    try {
      const result = await work(new Tx(transaction));
      await finished;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It had ended already.
      }
      throw error;
    }
  }
}
