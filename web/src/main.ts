import { start } from './app/start.ts';
import { go } from './frame/shell.svelte.ts';
import { t } from './i18n/index.svelte.ts';
import { connect } from './worker/connect.ts';
import { startPage } from './worker/page.ts';

const target = document.getElementById('app');
if (target) {
  const api = connect();
  void start(api, target);
  void startPage(api, (chat, message) => go(chat ? { view: 'chats', chat, ...(message !== undefined && { message }) } : { view: 'contacts' }), { asks: (name) => t('contacts.asksIn', { name }) });
}
