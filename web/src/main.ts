import { start } from './app/start.ts';
import { go } from './frame/shell.svelte.ts';
import { connect } from './worker/connect.ts';
import { startPage } from './worker/page.ts';

const target = document.getElementById('app');
if (target) {
  const api = connect();
  void start(api, target);
  void startPage(api, (chat, message) => go({ view: 'chats', chat, ...(message !== undefined && { message }) }));
}
