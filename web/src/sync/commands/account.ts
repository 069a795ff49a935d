// Signing in and out, accounts, settings, devices, what is kept here.

import { IqError } from '../../protocol/connection.ts';
import { fieldsOf, submit } from '../../protocol/form.ts';
import { beforeLogin } from '../../protocol/registrar.ts';
import { parts, readAddress } from '../../protocol/jid.ts';
import { NS } from '../../protocol/ns.ts';
import { x, type XmlElement } from '../../protocol/xml.ts';
import { Db } from '../../store/db.ts';
import { shorten } from '../../store/log.ts';
import type { AccountRow, ChatRow } from '../../store/rows.ts';
import { ApiError, type Commands } from '../api.ts';
import { prove } from '../proving.ts';
import type { Engine } from '../engine.ts';

/** Rows of a chat that stay when room is made; the server has the others. */
const KEPT = 200;
/** How long signing in may take before it is given up. */
const SIGN_IN_MS = 30_000;

type Names = 'signIn' | 'signInByLink' | 'passkeyChallenge' | 'signInByPasskey' | 'beginPasskey' | 'addPasskey' | 'renamePasskey' | 'removePasskey' | 'seePasskeyNews' | 'linkDevice' | 'unlinkDevice' | 'signOut' | 'register' | 'invitation' | 'registrationMode' | 'changePassword' | 'deleteAccount' | 'reconnect' | 'update' | 'focus' | 'saveSettings' | 'privacyRules' | 'setPrivacyRule' | 'createInvitation' | 'answerApplicant' | 'endDevice' | 'storage' | 'aboutServer' | 'clearCache';

export function accountCommands(engine: Engine): Pick<Commands, Names> {
  const domain = (): string => engine.account?.domain ?? engine.server.domain;

  const signIn: Commands['signIn'] = async ({ address, password }) => {
    if (password === '') throw new ApiError({ code: 'bad-request' });
    await enter(address, { password });
  };

  const enter = async (address: string, by: Pick<AccountRow, 'password' | 'token' | 'isBorrowed'>): Promise<void> => {
    await engine.loadServer();
    const jid = readAddress(address, engine.server.domain);
    if (jid === undefined) throw new ApiError({ code: 'bad-request' });
    const { local, domain: of } = parts(jid);
    if (engine.account && engine.account.jid !== jid) await forget();
    const account: AccountRow = { key: 'account', jid, user: local, domain: of, url: engine.socketUrl(of), agent: engine.account?.agent ?? crypto.randomUUID(), ...by };
    const before = engine.account;
    engine.account = account;
    try {
      await online();
    } catch (error) {
      // Whose device was signed out is still who they are.
      engine.account = before;
      engine.connection.stop();
      engine.bus.touch('me');
      throw error;
    }
    await engine.accounts.write((tx) => tx.put('account', engine.account ?? account));
    engine.bus.touch('me', 'chats');
  };

  /** Connects and waits for the first success. */
  const online = (): Promise<void> => new Promise((resolve, reject) => {
    const stop = engine.bus.watch(['link'], () => {
      const { state, reason } = engine.link;
      if (state === 'syncing' || state === 'online') end(resolve);
      else if (state === 'refused') end(() => reject(new ApiError(reason ?? { code: 'not-authorized' })));
      else if (state === 'waiting') end(() => reject(new ApiError({ code: 'offline' })));
    });
    const cancel = engine.timer(SIGN_IN_MS, () => end(() => reject(new ApiError({ code: 'timeout' }))));
    const end = (then: () => void): void => (stop(), cancel(), then());
    engine.connect();
  });

  const forget = async (): Promise<void> => {
    engine.connection.stop();
    engine.db.close();
    await engine.exporting.end();
    await engine.files.wipe();
    await Db.destroy(engine.cacheName);
    await engine.openCache();
    engine.reset();
  };

  return {
    signIn,
    signInByLink: ({ jid, token }) => enter(jid, { token, isBorrowed: true }),
    passkeyChallenge: () => engine.passkeys.challenge(),
    async signInByPasskey({ shown }) {
      const { address, token } = await engine.passkeys.show(shown);
      await enter(address, { token, isBorrowed: true });
    },
    beginPasskey: (by) => engine.passkeys.begin(by),
    addPasskey: ({ name, made }) => engine.passkeys.add(name, made),
    renamePasskey: ({ id, name }) => engine.passkeys.rename(id, name),
    removePasskey: ({ id }) => engine.passkeys.remove(id),
    async seePasskeyNews() {
      engine.passkeys.seen();
    },
    linkDevice: () => engine.devices.link(engine.origin),
    unlinkDevice: () => engine.devices.unlink(),
    async signOut() {
      engine.connection.stop();
      engine.account = undefined;
      await engine.accounts.write((tx) => tx.delete('account', 'account'));
      await forget();
      engine.bus.touch('me', 'chats', 'contacts', 'link');
    },
    async register({ name, password, invitation, reason }) {
      await engine.loadServer();
      const mode = engine.server.registration;
      const fields = x('query', NS.register, {}, x('username', NS.register, {}, name.trim().toLowerCase()), x('password', NS.register, {}, password),
        reason && mode === 'approval' ? submit(undefined, { reason: reason.split('\n') }) : undefined);
      await beforeLogin(engine.world, engine.socketUrl(domain()), domain(), [
        ...(invitation ? [{ type: 'set' as const, payload: x('preauth', NS.pars, { token: invitation }) }] : []),
        { type: 'set', payload: fields },
      ]);
      if (mode === 'approval' && !invitation) return 'pending';
      await signIn({ address: name, password });
      return 'ready';
    },
    async invitation({ token }) {
      await engine.loadServer();
      try {
        const [, form] = await beforeLogin(engine.world, engine.socketUrl(domain()), domain(), [{ type: 'set', payload: x('preauth', NS.pars, { token }) }, { type: 'get', payload: x('query', NS.register) }]);
        const name = form?.child('query', NS.register)?.textOf('username');
        return { valid: true, ...(name && { name }) };
      } catch (error) {
        if (error instanceof IqError && error.condition !== 'offline' && error.condition !== 'remote-server-timeout') return { valid: false };
        throw error;
      }
    },
    async registrationMode() {
      await engine.loadServer();
      return engine.server.registration;
    },
    async changePassword({ old, password }) {
      // The old one is proved by a login of its own; the server asks for nothing but the session.
      const { account } = engine;
      if (!account) throw new ApiError({ code: 'not-authorized' });
      await prove(engine.world, account, old);
      await engine.iq('set', x('query', NS.register, {}, x('username', NS.register, {}, account.user), x('password', NS.register, {}, password)), account.domain);
      // Tokens ended with the old password.
      engine.account = { ...account, password };
      delete engine.account.token;
      engine.connect();
    },
    async deleteAccount() {
      await engine.iq('set', x('query', NS.register, {}, x('remove', NS.register)), domain());
      engine.account = undefined;
      await engine.accounts.write((tx) => tx.delete('account', 'account'));
      await forget();
      engine.bus.touch('me');
    },
    async reconnect() {
      // Shut out for a while, it may be let in again.
      if (engine.link.state === 'refused') engine.connect();
      else engine.connection.poke();
    },
    async update() {
      // Pages do it: see worker/page.ts.
    },
    async focus() {
      // Tabs are told apart where they are known: see the worker's host.
    },
    async saveSettings(change) {
      engine.settings = { ...engine.settings, ...change };
      await engine.db.write((tx) => tx.put('meta', { key: 'settings', value: engine.settings }));
      engine.bus.touch('settings');
    },
    privacyRules: () => engine.privacy.read(),
    setPrivacyRule: ({ rule }) => engine.privacy.save(rule),
    async createInvitation() {
      const answer = await engine.iq('set', x('command', NS.commands, { node: 'urn:xmpp:invite#invite', action: 'execute' }), domain());
      const fields = fieldsOf(answer.child('command', NS.commands)?.child('x', NS.data));
      const value = (name: string): string | undefined => fields.get(name)?.[0];
      const url = value('landing-url') ?? value('uri');
      if (url === undefined) throw new ApiError({ code: 'not-supported' });
      const expires = Date.parse(value('expire') ?? '');
      return { url, ...(Number.isFinite(expires) && { expires }) };
    },
    answerApplicant: ({ jid, accept }) => engine.waiting.answer(jid, accept),
    endDevice: ({ id }) => engine.devices.end(id),
    async storage() {
      const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
      return { used: usage, quota, persisted: (await navigator.storage?.persisted?.()) ?? false };
    },
    async aboutServer() {
      const [version, info] = await Promise.all([
        engine.iq('get', x('query', NS.version), domain()).catch(() => undefined),
        engine.iq('get', x('query', NS.discoInfo), domain()).catch(() => undefined),
      ]);
      const software = ['name', 'version'].map((part) => version?.child('query', NS.version)?.textOf(part) ?? '').join(' ').trim();
      return { ...(software && { software }), contacts: contactAddresses(info?.child('query', NS.discoInfo)) };
    },
    async clearCache() {
      await engine.files.wipe();
      await engine.db.write((tx) => tx.delete('pictures', IDBKeyRange.lowerBound('')));
      for (const { jid } of await engine.db.read((tx) => tx.all<ChatRow>('chats'))) await engine.db.write((tx) => shorten(tx, jid, KEPT));
      engine.mending.relieved();
      engine.bus.touch('chats', 'contacts', ...[...engine.live.focused].map((chat) => `chat ${chat}`));
    },
  };
}

/** For whom a page of help is meant goes first; each address once. */
const CONTACTS = ['support-addresses', 'admin-addresses', 'abuse-addresses', 'security-addresses', 'feedback-addresses'];

function contactAddresses(info: XmlElement | undefined): string[] {
  const fields = info?.all('x', NS.data).map(fieldsOf).find((one) => one.get('FORM_TYPE')?.[0] === NS.serverInfo);
  const values = CONTACTS.flatMap((name) => fields?.get(name) ?? []);
  return [...new Set(values)].filter((value) => /^(mailto|xmpp|https):/.test(value)).slice(0, 6);
}
