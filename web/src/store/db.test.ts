import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { Db, StorageError } from './db.ts';

const SCHEMA = { notes: { key: 'id' } };
const all = (db: Db): Promise<object[]> => db.read((tx) => tx.all<object>('notes'));

test('what is asked of a closed database fails as everything of the storage does', async () => {
  const db = await Db.open('closed', 1, SCHEMA);
  db.close();
  const failed = await all(db).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(StorageError);
  expect(failed).toMatchObject({ isClosed: true, isFull: false, isUnreadable: false });
  await expect(db.write((tx) => tx.put('notes', { id: 1 }))).rejects.toBeInstanceOf(StorageError);
});

test('a newer version that opens the same data makes the older one let go: its work fails as the storage does, and what it wrote stands', async () => {
  const old = await Db.open('newer', 1, { notes: { key: 'id', keeps: (row: object) => row } });
  const pending = old.write((tx) => tx.put('notes', { id: 1 }));
  const fresh = await Db.open('newer', 2, { notes: { key: 'id', keeps: (row: object) => row } });
  await pending;
  await expect(all(old)).rejects.toMatchObject({ isClosed: true });
  expect(await all(fresh)).toEqual([{ id: 1 }]);
});

test('what the browser has closed by itself is opened again, once for all who ask', async () => {
  const db = await Db.open('lost', 1, SCHEMA);
  await db.write((tx) => tx.put('notes', { id: 1 }));
  const { database } = db as unknown as { database: Parameters<typeof forceCloseDatabase>[0] };
  forceCloseDatabase(database);
  expect(await Promise.all([all(db), all(db)])).toEqual([[{ id: 1 }], [{ id: 1 }]]);
  expect((db as unknown as { database: unknown }).database).not.toBe(database);
  db.close();
  await expect(all(db)).rejects.toMatchObject({ isClosed: true });
});

test('a request of a transaction that has ended fails as the storage does', async () => {
  const db = await Db.open('ended', 1, SCHEMA);
  await expect(db.write(async (tx) => {
    await tx.put('notes', { id: 1 });
    tx.abort();
    await tx.put('notes', { id: 2 });
  })).rejects.toBeInstanceOf(StorageError);
  expect(await all(db)).toEqual([]);
});
