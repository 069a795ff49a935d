// The commands of the whole client: the palette lists them, the keyboard performs them.

import type { Action } from '../frame/action.ts';
import { chooseLook } from '../frame/looks.svelte.ts';
import { isDark } from '../frame/prefs.svelte.ts';
import { go, openDialog, shell } from '../frame/shell.svelte.ts';
import { iconAddPerson, iconChats, iconCommand, iconContacts, iconDark, iconGroup, iconInvite, iconKey, iconNewChat, iconProfile, iconSettings, iconStar } from '../ui/icons.ts';

export const COMMANDS: Action<void>[] = [
  { id: 'palette', label: 'keys.palette', icon: iconCommand, shortcut: 'mod+k', perform: () => openDialog('palette', {}) },
  { id: 'find', label: 'keys.find', icon: iconCommand, shortcut: 'mod+f', when: () => shell.route.view === 'chats' && !!shell.route.chat, perform: () => openDialog('palette', shell.route.view === 'chats' ? { chat: shell.route.chat } : {}) },
  { id: 'new-chat', label: 'chats.new', icon: iconNewChat, shortcut: 'alt+n', perform: () => openDialog('newChat', {}) },
  { id: 'new-group', label: 'group.new', icon: iconGroup, perform: () => openDialog('newGroup', {}) },
  { id: 'add-contact', label: 'contacts.add', icon: iconAddPerson, perform: () => openDialog('addContact', {}) },
  { id: 'invite', label: 'contacts.invite', icon: iconInvite, perform: () => openDialog('invite', {}) },
  { id: 'chats', label: 'nav.chats', icon: iconChats, shortcut: 'alt+1', perform: () => go({ view: 'chats' }) },
  { id: 'contacts', label: 'nav.contacts', icon: iconContacts, shortcut: 'alt+2', perform: () => go({ view: 'contacts' }) },
  { id: 'groups', label: 'group.directory', icon: iconGroup, shortcut: 'alt+3', perform: () => go({ view: 'groups' }) },
  { id: 'starred', label: 'nav.starred', icon: iconStar, shortcut: 'alt+4', perform: () => go({ view: 'starred' }) },
  { id: 'settings', label: 'nav.settings', icon: iconSettings, shortcut: 'alt+5', perform: () => go({ view: 'settings' }) },
  { id: 'profile', label: 'settings.profile', icon: iconProfile, perform: () => go({ view: 'settings', page: 'profile' }) },
  { id: 'theme', label: 'keys.toggleTheme', icon: iconDark, shortcut: 'alt+t', perform: () => chooseLook('theme', isDark() ? 'light' : 'dark') },
  { id: 'keys', label: 'keys.title', icon: iconKey, shortcut: '?', perform: () => openDialog('keys', {}) },
];
